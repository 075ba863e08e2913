import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { type JsonClient, jsonClient } from '../httpClient.ts';
import type { Reply } from '../httpServer.ts';
import { numberOf, objectOf } from '../jsonBody.ts';
import { messageOf } from '../log.ts';
import { ownerOf } from '../ownership.ts';
import { env, runService } from '../service.ts';
import { contextOf, inSpan, startTelemetry } from '../telemetry.ts';
import { changeWriteShare, currentOwnership } from './changeWriteShare.ts';

// The strangler facade: every request comes through here. Lookups go to the service by the read share, adjustments by
// the owner of the item, everything else to the monolith.
const SERVICE = 'facade';
const NOT_OWNER = 421;
const LIMIT_BYTES = 64 * 1024;

interface Shares {
  reads: number;
  writes: number;
}

interface Target {
  readonly client: JsonClient;
  readonly route: 'legacy' | 'service';
}

await runService(SERVICE, async () => {
  const stopTelemetry = startTelemetry(SERVICE);
  const peers = {
    monolith: jsonClient(env('MONOLITH_URL')),
    service: jsonClient(env('INVENTORY_URL')),
    orders: jsonClient(env('ORDERS_URL')),
  };
  const legacy: Target = { client: peers.monolith, route: 'legacy' };
  const service: Target = { client: peers.service, route: 'service' };
  const shares: Shares = { reads: 0, writes: (await currentOwnership(peers)).share };
  const counters = new Map<string, number>();
  let changing: Promise<unknown> = Promise.resolve();

  const count = (routeId: string, route: string, status: number): void => {
    const key = `${routeId} ${route} ${Math.floor(status / 100)}xx`;
    counters.set(key, (counters.get(key) ?? 0) + 1);
  };

  /** Sends a request on inside its SERVER span, and notes in the span where it went. */
  const forward = (
    request: IncomingMessage,
    routeId: string,
    template: string,
    target: () => Target,
    body: unknown,
  ) => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)]));
    const method = request.method === 'POST' ? 'POST' : 'GET';
    const options = { kind: SpanKind.SERVER, attributes: { 'http.request.method': method, 'http.route': template } };
    return inSpan(`${method} ${template}`, options, contextOf(headers), async (span: Span) => {
      let { client, route } = target();
      let reply = await ask(client, method, request.url ?? '/', body);
      if (reply.status === NOT_OWNER) {
        // The item changed its owner on the way.
        ({ client, route } = route === 'legacy' ? service : legacy);
        reply = await ask(client, method, request.url ?? '/', body);
      }
      span.setAttributes({
        'banyan.route': route,
        'banyan.context': 'inventory',
        'banyan.route_id': routeId,
        'banyan.route_share': routeId === 'adjust' ? shares.writes : shares.reads,
        'http.response.status_code': reply.status,
      });
      if (reply.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      count(routeId, route, reply.status);
      return { ...reply, headers: { 'x-banyan-route': route } };
    });
  };

  const setShares = async (body: unknown): Promise<Reply> => {
    const asked = objectOf(body);
    const wanted = { reads: numberOf(asked, 'reads'), writes: numberOf(asked, 'writes') };
    if (Object.values(wanted).some((share) => share < 0 || share > 1)) {
      return { status: 400, body: { error: 'a share is between 0 and 1' } };
    }
    try {
      await changeWriteShare(peers, wanted.writes);
    } catch (error) {
      return { status: 409, body: { error: messageOf(error), ...shares } };
    }
    Object.assign(shares, wanted);
    return { status: 200, body: shares };
  };

  const answer = async (request: IncomingMessage): Promise<Reply> => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const match = `${request.method} ${path}`;
    const body = request.method === 'GET' ? undefined : await readBody(request);
    if (match === 'GET /healthz') return { status: 200, body: { ready: true, shares } };
    if (match === 'GET /admin/shares') return { status: 200, body: shares };
    if (match === 'GET /admin/counters') return { status: 200, body: Object.fromEntries(counters) };
    if (match === 'PUT /admin/shares') {
      const turn = changing.then(() => setShares(body));
      changing = turn.catch(() => undefined);
      return turn;
    }
    if (/^GET \/api\/inventory\/[^/]+$/.test(match)) {
      const byShare = () => (Math.random() < shares.reads ? service : legacy);
      return forward(request, 'get-inventory', '/api/inventory/{itemId}', byShare, undefined);
    }
    if (match === 'POST /api/inventory/adjust') {
      const itemId = numberOf(objectOf(body), 'itemId');
      const byOwner = () => (ownerOf(itemId, shares.writes) === 'inventory-service' ? service : legacy);
      return forward(request, 'adjust', '/api/inventory/adjust', byOwner, body);
    }
    return forward(request, 'other', path.replace(/\/\d+$/, '/{id}'), () => legacy, body);
  };

  const server = createServer((request, response) => void handle(request, response, answer));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((done, reject) => {
    server.once('error', reject);
    server.listen(Number(env('PORT')), '127.0.0.1', done);
  });
  const stopHttp = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 1_000).unref();
    });
  return [
    stopHttp,
    () => peers.monolith.close(),
    () => peers.service.close(),
    () => peers.orders.close(),
    stopTelemetry,
  ];
});

async function ask(client: JsonClient, method: 'GET' | 'POST', url: string, body: unknown): Promise<Reply> {
  try {
    return await client.send(method, url, body);
  } catch (error) {
    return { status: 504, body: { error: `no answer: ${messageOf(error)}` } };
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: IncomingMessage) => Promise<Reply>,
): Promise<void> {
  const reply = await answer(request).catch((error): Reply => ({ status: 400, body: { error: messageOf(error) } }));
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
  response.end(JSON.stringify(reply.body));
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LIMIT_BYTES) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return size === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
}
