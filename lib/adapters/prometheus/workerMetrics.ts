import { createServer, type Server, type ServerResponse } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { BanyanError, messageOf } from '../../errors.ts';

export interface WorkerMetrics {
  readonly registry: Registry;
  readonly port: number;
  /** From now on `/healthz` says that every role runs. */
  started(): void;
  stop(): Promise<void>;
}

/**
 * Serves the worker's own series at `/metrics`, and at `/healthz` that it lives and whether all of its roles run (503
 * until they do).
 * @throws BanyanError `bad_input` if the port can't be had.
 */
export async function startWorkerMetrics(host: string, port: number): Promise<WorkerMetrics> {
  const registry = new Registry();
  let isStarted = false;
  collectDefaultMetrics({ register: registry, prefix: 'banyan_worker_' });
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, async (request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET') {
      response.writeHead(405, { allow: 'GET' }).end();
    } else if (path === '/healthz') {
      const body = JSON.stringify({ live: true, started: isStarted });
      response.writeHead(isStarted ? 200 : 503, { 'content-type': 'application/json' }).end(body);
    } else if (path === '/metrics') {
      await answerMetrics(registry, response);
    } else {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
    }
  });
  await new Promise<void>((done, reject) => {
    server.once('error', (error) =>
      reject(
        new BanyanError(
          'bad_input',
          `the metrics of the worker can't be served on ${host}:${port}: ${messageOf(error)}`,
          {
            fix: 'choose another port with WORKER_METRICS_PORT',
            cause: error,
          },
        ),
      ),
    );
    server.listen(port, host, done);
  });
  return {
    registry,
    port: portOf(server, port),
    started() {
      isStarted = true;
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answerMetrics(registry: Registry, response: ServerResponse): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType }).end(text);
  } catch (error) {
    response.writeHead(503, { 'content-type': 'text/plain' }).end(`the series can't be read: ${messageOf(error)}\n`);
  }
}

/** The port that the system gave where 0 was asked for. */
function portOf(server: Server, asked: number): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : asked;
}
