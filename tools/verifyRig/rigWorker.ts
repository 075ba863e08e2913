import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../lib/adapters/embedded/embeddedPostgres.ts';
import type { VerifyRig } from './verifyRig.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Banyan's worker as a process of its own, with the roles that verify; it can be ended without warning. */
export interface RigWorker {
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts `banyan worker` on the rig with this configuration file. */
export async function startRigWorker(rig: VerifyRig, file: string): Promise<RigWorker> {
  const child = spawn(process.execPath, ['bin/banyan.ts', 'worker', '--config', file, '--roles', 'ingest,verify'], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      DATABASE_URL: rig.store.url,
      WORKER_METRICS_PORT: String(await freePort()),
    },
    stdio: 'ignore',
  });
  // Whoever starts it may end without stopping it.
  const endAtOnce = () => void child.kill('SIGKILL');
  process.once('exit', endAtOnce);
  child.once('exit', () => process.off('exit', endAtOnce));
  return { kill: () => end(child, 'SIGKILL'), stop: () => end(child, 'SIGTERM') };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
