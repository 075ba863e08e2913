import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const READY_WITHIN_MS = 180_000;
const PORTS = [
  'PORT',
  'OTLP_HTTP_PORT',
  'OTLP_GRPC_PORT',
  'WORKER_METRICS_PORT',
  'KAFKA_PORT',
  'CONTROL_PORT',
  'FACADE_PORT',
  'POSTGRES_PORT',
  'CONNECT_PORT',
] as const;

/** Uses the Banyan at BANYAN_WEB_URL (and the demo's switches at BANYAN_CONTROL_URL), or starts a demo on free ports and stops it afterwards. */
export default async function startDemo(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.BANYAN_WEB_URL !== undefined) return undefined;
  const data = mkdtempSync(join(tmpdir(), 'banyan-e2e-'));
  // PostgreSQL never runs as root: as root, its user must be able to enter the folder.
  chmodSync(data, 0o755);
  const ports = Object.fromEntries(await Promise.all(PORTS.map(async (name) => [name, String(await freePort())])));
  const demo = spawn(process.execPath, ['demo/demo.ts', '--headless', '--rate', '20', '--data', data], {
    env: { ...process.env, ...ports },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async () => {
    const ended = demo.exitCode !== null || demo.signalCode !== null;
    if (!ended) {
      demo.kill('SIGTERM');
      await new Promise((resolve) => demo.once('exit', resolve));
    }
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const { web, control } = await addressesOf(demo.stdout, (fail) =>
      demo.once('exit', (code) => fail(new Error(`the demo ended with ${code} before it was ready`))),
    );
    process.env.BANYAN_WEB_URL = web;
    process.env.BANYAN_CONTROL_URL = control;
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

interface Addresses {
  readonly web: string;
  readonly control: string;
}

/** The addresses in the demo's one JSON line. */
function addressesOf(
  stdout: NodeJS.ReadableStream,
  onFailure: (fail: (error: Error) => void) => void,
): Promise<Addresses> {
  return new Promise((resolve, reject) => {
    onFailure(reject);
    setTimeout(
      () => reject(new Error(`the demo was not ready within ${READY_WITHIN_MS / 1000} s`)),
      READY_WITHIN_MS,
    ).unref();
    createInterface({ input: stdout }).on('line', (line) => {
      if (!line.startsWith('{"ready"')) return;
      const addresses: Addresses = JSON.parse(line);
      resolve(addresses);
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
