import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../lib/adapters/embedded/embeddedPostgres.ts';
import type { VerifyRig } from './verifyRig.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Banyan's worker as a process of its own, with the roles that verify; it can be ended without warning. */
export interface RigWorker {
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Processor time that it has used, in milliseconds; null where the system does not tell. */
  cpuMs(): number | null;
}

/** Starts `banyan worker` on the rig with this configuration file; with both roles that verify unless one is named. */
export async function startRigWorker(rig: VerifyRig, file: string, roles = 'ingest,verify'): Promise<RigWorker> {
  const child = spawn(process.execPath, ['bin/banyan.ts', 'worker', '--config', file, '--roles', roles], {
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
  return {
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
    cpuMs: () => cpuMsOf(child.pid),
  };
}

/** By Linux's own accounts, in hundredths of a second. */
function cpuMsOf(pid: number | undefined): number | null {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return null;
  // The second field, the name in brackets, may hold spaces; user and system time are the 14th and 15th.
  const fields = readFileSync(stat, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
