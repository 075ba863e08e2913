import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from '../ports/logger.ts';

export interface ChildSpec {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface Supervised {
  readonly name: string;
  /** Process id of the running child, null between two starts. */
  pid(): number | null;
  stop(): Promise<void>;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
/** A child that ran this long starts again without delay. */
const STEADY_AFTER_MS = 10_000;
const KILL_AFTER_MS = 9_500;

/**
 * Runs a Node process and starts it again whenever it ends by itself, waiting longer after each quick end.
 * The child has an IPC channel, by which it learns that this process is gone.
 */
export function supervise(spec: ChildSpec, logger: Logger): Supervised {
  let child: ChildProcess | null = null;
  let stopping = false;
  let waitMs = FIRST_WAIT_MS;
  let timer: NodeJS.Timeout | undefined;
  let onExit: (() => void) | undefined;

  const start = (): void => {
    const startedAt = performance.now();
    const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...spec.args], {
      env: { NODE_ENV: 'production', ...spec.env },
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child = started;
    // The signal of a Ctrl-C reaches the children too; whoever comes first, the stop is the same.
    started.once('exit', (code, signal) => {
      child = null;
      onExit?.();
      if (stopping) return;
      waitMs = performance.now() - startedAt > STEADY_AFTER_MS ? FIRST_WAIT_MS : Math.min(waitMs * 2, LONGEST_WAIT_MS);
      logger.warn({ child: spec.name, code, signal, waitMs }, 'ended by itself; starting it again');
      timer = setTimeout(start, waitMs);
    });
  };
  start();

  return {
    name: spec.name,
    pid: () => child?.pid ?? null,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      const running = child;
      if (running === null) return;
      await new Promise<void>((resolve) => {
        onExit = resolve;
        running.kill('SIGTERM');
        setTimeout(() => running.kill('SIGKILL'), KILL_AFTER_MS).unref();
      });
    },
  };
}
