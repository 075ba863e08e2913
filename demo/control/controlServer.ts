import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { DemoError, describeError } from '../demoError.ts';
import { PLAYED_STAGES, type PlayedStage, type Shares } from '../stages.ts';
import { FAULT_IDS, isFaultId } from './fault.ts';
import type { FaultBoard } from './faultBoard.ts';

/** What the control API can do to the running demo. */
export interface Controls {
  readonly faults: FaultBoard;
  status(): Promise<unknown>;
  ledger(): Promise<unknown>;
  setStage(stage: PlayedStage): Promise<void>;
  setShares(shares: Shares): Promise<void>;
  setRate(rate: number): Promise<void>;
}

export interface ControlServer {
  readonly url: string;
  stop(): Promise<void>;
}

const BODY_LIMIT_BYTES = 64 * 1024;
const stageBody = z.strictObject({ stage: z.enum(PLAYED_STAGES) });
const sharesBody = z.strictObject({ reads: z.number().min(0).max(1), writes: z.number().min(0).max(1) });
const rateBody = z.strictObject({ rate: z.number().min(0).max(10_000) });
const faultBody = z.strictObject({ on: z.boolean() });

type Handler = (body: () => Promise<unknown>) => Promise<unknown>;

function routesOf(controls: Controls): Readonly<Record<string, Handler>> {
  const { faults } = controls;
  const thenStatus = async (work: Promise<unknown>): Promise<unknown> => {
    await work;
    return controls.status();
  };
  return {
    'GET /status': () => controls.status(),
    'GET /ledger': () => controls.ledger(),
    'GET /faults': async () => faults.list(),
    'PUT /stage': async (body) => thenStatus(controls.setStage(stageBody.parse(await body()).stage)),
    'PUT /shares': async (body) => thenStatus(controls.setShares(sharesBody.parse(await body()))),
    'PUT /rate': async (body) => thenStatus(controls.setRate(rateBody.parse(await body()).rate)),
    'POST /repair': async () => ({ mended: await faults.repair() }),
    ...Object.fromEntries(
      FAULT_IDS.filter(isFaultId).map((id) => [
        `POST /faults/${id}`,
        async (body: () => Promise<unknown>) => faults.set(id, faultBody.parse(await body()).on),
      ]),
    ),
  };
}

/** Serves the control API of the demo on 127.0.0.1. */
export async function startControlServer(port: number, controls: Controls): Promise<ControlServer> {
  const routes = routesOf(controls);
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 5_000 }, (request, response) => {
    answer(routes, request)
      .then(({ status, body }) => reply(response, status, body))
      .catch((error: unknown) => reply(response, statusOf(error), { error: textOf(error) }));
  });
  await new Promise<void>((done, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', done);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  routes: Readonly<Record<string, Handler>>,
  request: IncomingMessage,
): Promise<{ status: number; body: unknown }> {
  // A page in a browser may not steer the demo.
  if (request.headers.origin !== undefined) return { status: 403, body: { error: 'not for pages in a browser' } };
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const handler = routes[`${request.method} ${path}`];
  if (handler !== undefined) return { status: 200, body: await handler(() => readJson(request)) };
  const known = Object.keys(routes);
  const methods = known.filter((route) => route.endsWith(` ${path}`)).map((route) => route.split(' ')[0]);
  if (methods.length > 0) return { status: 405, body: { error: `${path} takes ${methods.join(', ')}` } };
  return { status: 404, body: { error: `there is no ${path}`, known } };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > BODY_LIMIT_BYTES) throw new DemoError('the body is larger than 64 KiB');
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new z.ZodError([
      { code: 'custom', path: [], message: `the body is no JSON: ${describeError(cause)}`, input: '' },
    ]);
  }
}

const statusOf = (error: unknown): number => (error instanceof z.ZodError ? 400 : 500);
const textOf = (error: unknown): string =>
  error instanceof z.ZodError ? z.prettifyError(error) : describeError(error);

function reply(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    .end(`${JSON.stringify(body)}\n`);
}
