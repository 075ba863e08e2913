import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../../tools/testDatabase.ts';
import { freePort } from '../adapters/embedded/embeddedPostgres.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('a worker that can not start ends, with its reason and a code that is not 0', async () => {
  const taken = createServer();
  const port = await freePort();
  await new Promise<void>((done) => taken.listen(port, '127.0.0.1', done));
  const worker = spawn(process.execPath, ['bin/banyan.ts', 'worker', '--config', 'banyan.example.yaml'], {
    cwd: root,
    env: {
      NODE_ENV: 'test',
      PATH: process.env.PATH,
      DATABASE_URL: await createTestDatabase('worker'),
      OTLP_HTTP_PORT: String(port),
      OTLP_GRPC_PORT: String(await freePort()),
      WORKER_METRICS_PORT: String(await freePort()),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  worker.stdout.on('data', (chunk) => {
    said += String(chunk);
  });
  worker.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  try {
    const code = await new Promise<number | null>((done) => worker.once('close', done));
    expect(said).toContain('OTLP_HTTP_PORT');
    expect(said).toContain('stopping what runs already');
    expect(code).toBeGreaterThan(0);
  } finally {
    worker.kill('SIGKILL');
    taken.close();
  }
}, 60_000);
