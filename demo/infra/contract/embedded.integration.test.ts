import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { freePort } from '../../../lib/adapters/embedded/embeddedPostgres.ts';
import { envelopeContract } from './envelopeContract.ts';
import type { Infrastructure } from './infrastructure.ts';
import { kafkaContract } from './kafkaContract.ts';

const entry = (part: string): string => fileURLToPath(new URL(`../embedded/${part}/main.ts`, import.meta.url));

async function start(part: string, env: Record<string, string>): Promise<ChildProcess> {
  const child = fork(entry(part), { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

describe('the embedded infrastructure', () => {
  const folder = mkdtempSync('/tmp/banyan-contract-');
  let broker: ChildProcess;
  let capture: ChildProcess;
  let infrastructure: Infrastructure;

  beforeAll(async () => {
    const [brokerPort, connectPort] = [await freePort(), await freePort()];
    const brokers = `127.0.0.1:${brokerPort}`;
    broker = await start('broker', { PORT: String(brokerPort), DATA_DIR: join(folder, 'broker') });
    const captureEnv = { PORT: String(connectPort), KAFKA_BROKERS: brokers, DATA_DIR: join(folder, 'capture') };
    capture = await start('capture', captureEnv);
    infrastructure = {
      name: 'embedded',
      brokers: [brokers],
      connectUrl: `http://127.0.0.1:${connectPort}`,
      postgresUrl: inject('postgresUrl'),
      killAndRestartCapture: async () => {
        await end(capture, 'SIGKILL');
        capture = await start('capture', captureEnv);
      },
    };
  });
  afterAll(async () => {
    await end(capture, 'SIGTERM');
    await end(broker, 'SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });

  kafkaContract(() => infrastructure);
  envelopeContract(() => infrastructure);
});
