import { createServer, type IncomingMessage } from 'node:http';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { BadInput } from './jsonBody.ts';
import { messageOf } from './log.ts';
import { contextOf, inSpan } from './telemetry.ts';

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** `GET /api/inventory/:itemId` and what answers it. */
export type Routes = Readonly<Record<string, (asked: Asked) => Promise<Reply>>>;

interface Route {
  readonly method: string;
  readonly template: string;
  readonly pattern: RegExp;
  readonly answer: (asked: Asked) => Promise<Reply>;
}

/** What `GET /healthz` says: 503 until the service can do all of its work. */
export function health(isReady: boolean, more: object = {}): Reply {
  return { status: isReady ? 200 : 503, body: { ready: isReady, ...more } };
}

const LIMIT_BYTES = 64 * 1024;

/** Serves JSON on 127.0.0.1; each business request is a SERVER span, health and admin are not. */
export async function serve(port: number, routes: Routes): Promise<() => Promise<void>> {
  const table = Object.entries(routes).map(([match, answer]) => routeOf(match, answer));
  const server = createServer(async (request, response) => {
    const reply = await answerTo(table, request);
    const text = JSON.stringify(reply.body, (_key, value) => (typeof value === 'bigint' ? value.toString() : value));
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers }).end(text);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((done, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', done);
  });
  return () =>
    new Promise((done) => {
      server.close(() => done());
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 1_000).unref();
    });
}

function routeOf(match: string, answer: Route['answer']): Route {
  const [method = '', path = ''] = match.split(' ');
  const source = path.replace(/:(\w+)/g, '(?<$1>[^/]+)');
  return {
    method,
    template: path.replace(/:(\w+)/g, '{$1}'),
    pattern: new RegExp(`^${source}$`),
    answer,
  };
}

async function answerTo(table: readonly Route[], request: IncomingMessage): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  for (const route of table) {
    const match = route.method === request.method ? route.pattern.exec(url.pathname) : null;
    if (match === null) continue;
    const params = { ...match.groups };
    const work = async (): Promise<Reply> => {
      try {
        return await route.answer({ params, query: url.searchParams, body: await readBody(request) });
      } catch (error) {
        return { status: error instanceof BadInput ? 400 : 500, body: { error: messageOf(error) } };
      }
    };
    if (!url.pathname.startsWith('/api/')) return work();
    const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)]));
    const attributes = { 'http.request.method': route.method, 'http.route': route.template, 'url.path': url.pathname };
    return inSpan(
      `${route.method} ${route.template}`,
      { kind: SpanKind.SERVER, attributes },
      contextOf(headers),
      async (span) => {
        const reply = await work();
        span.setAttribute('http.response.status_code', reply.status);
        if (reply.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        return reply;
      },
    );
  }
  return { status: 404, body: { error: `${request.method} ${url.pathname} is not served here` } };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LIMIT_BYTES) throw new BadInput('the body is too large');
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new BadInput('the body is no JSON');
  }
}
