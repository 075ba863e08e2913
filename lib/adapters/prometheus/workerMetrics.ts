import { createServer } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { BanyanError, messageOf } from '../../errors.ts';

export interface WorkerMetrics {
  readonly registry: Registry;
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Serves the worker's own series at `/metrics` and its liveness at `/healthz`.
 * @throws BanyanError `bad_input` if the port can't be had.
 */
export async function startWorkerMetrics(host: string, port: number): Promise<WorkerMetrics> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'banyan_worker_' });
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, async (request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET') {
      response.writeHead(405, { allow: 'GET' }).end();
    } else if (path === '/healthz') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"live":true}');
    } else if (path === '/metrics') {
      response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics());
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
    port,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
