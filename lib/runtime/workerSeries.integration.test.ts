import { createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { Gauge } from 'prom-client';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../adapters/embedded/embeddedPostgres.ts';
import { startWorkerMetrics, type WorkerMetrics } from '../adapters/prometheus/workerMetrics.ts';
import { registerWorkerSeries } from './workerSeries.ts';

let metrics: WorkerMetrics | undefined;
let deaf: Server | undefined;
let pool: pg.Pool | undefined;
const heard: Socket[] = [];
afterEach(async () => {
  await metrics?.stop();
  for (const socket of heard.splice(0)) socket.destroy();
  deaf?.close();
  deaf = undefined;
  await pool?.end();
  pool = undefined;
});

async function get(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${metrics?.port}${path}`, { signal: AbortSignal.timeout(8_000) });
  return { status: response.status, text: await response.text() };
}

it.each([
  ['refuses connections', async () => freePort()],
  [
    'accepts connections and never answers',
    async () => {
      const port = await freePort();
      const server = createServer((socket) => heard.push(socket.on('error', () => undefined)));
      await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
      deaf = server;
      return port;
    },
  ],
])("serves the process's own series while the store %s", async (_name, storePort) => {
  metrics = await startWorkerMetrics('127.0.0.1', 0);
  pool = new pg.Pool({ host: '127.0.0.1', port: await storePort(), connectionTimeoutMillis: 10_000 });
  registerWorkerSeries(metrics.registry, pool, 'banyan', null);
  const { status, text } = await get('/metrics');
  expect(status).toBe(200);
  expect(text).toContain('banyan_worker_process_cpu_seconds_total');
  expect(text).not.toMatch(/^banyan_ingest_records\{/m);
});

it('answers 503 when a series throws', async () => {
  metrics = await startWorkerMetrics('127.0.0.1', 0);
  const collect = () => {
    throw new Error('broken');
  };
  metrics.registry.registerMetric(new Gauge({ name: 'x', help: 'x', registers: [], collect }));
  expect(await get('/metrics')).toEqual({ status: 503, text: "the series can't be read: broken\n" });
});

it('says started only when all roles run', async () => {
  metrics = await startWorkerMetrics('127.0.0.1', 0);
  expect(await get('/healthz')).toEqual({ status: 503, text: '{"live":true,"started":false}' });
  metrics.started();
  expect(await get('/healthz')).toEqual({ status: 200, text: '{"live":true,"started":true}' });
});
