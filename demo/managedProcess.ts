import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DemoError } from './demoError.ts';
import { waitFor } from './waitFor.ts';

export interface ProcessSpec {
  readonly name: string;
  /** TypeScript or JavaScript file that node runs. */
  readonly entry: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Its output goes here, appended. */
  readonly logFile: string;
  /** Killed if it has not ended by itself this long after it was asked to. */
  readonly stopWithinMs?: number;
}

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly isRunning: boolean;
  /** Asks it to end, waits, and kills it when its time is up. Does nothing if it has ended. */
  stop(): Promise<void>;
  kill(): void;
  /** Resolves with the exit code, or the signal's name, when it ends for whatever reason. */
  readonly ended: Promise<number | string>;
}

/** Variables that a child may see besides its own: it gets nothing else of this process's environment. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TEMP',
  'LANG',
  'TZ',
  'SystemRoot',
  'NEXT_TELEMETRY_DISABLED',
  'LOG_LEVEL',
];

/**
 * Starts node on one entry file as a group of its own, so that a Ctrl-C in the terminal reaches only this process and
 * the parts can be stopped in order. The child has an IPC channel and ends when that closes, even after a kill -9 here.
 */
export function startProcess(spec: ProcessSpec): ManagedProcess {
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const output = openSync(spec.logFile, 'a');
  const passedOn = Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', spec.entry, ...(spec.args ?? [])], {
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
    env: { NODE_ENV: 'production', ...passedOn, ...spec.env },
  });
  closeSync(output);
  if (child.pid === undefined) throw new DemoError(`could not start ${spec.name} (${spec.entry})`);
  let isRunning = true;
  const ended = new Promise<number | string>((done) => {
    child.once('exit', (code, signal) => {
      isRunning = false;
      done(code ?? signal ?? 'unknown');
    });
  });
  return {
    name: spec.name,
    pid: child.pid,
    get isRunning() {
      return isRunning;
    },
    ended,
    async stop() {
      if (!isRunning) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), spec.stopWithinMs ?? 5_000);
      await ended;
      clearTimeout(timer);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/**
 * Waits until a URL of the process answers with a status below 400.
 * @throws DemoError with the last lines of its log if it ends first or takes too long.
 */
export async function untilHealthy(
  child: ManagedProcess,
  url: string,
  logFile: string,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const outcome = await waitFor(
    async () => {
      if (!child.isRunning) return 'ended';
      const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.ok ? 'healthy' : undefined;
    },
    {
      what: `${child.name} at ${url} (log: ${logFile})`,
      timeoutMs: options.timeoutMs ?? 60_000,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  );
  if (outcome === 'healthy') return;
  throw new DemoError(`${child.name} ended while starting: ${lastLines(logFile)}`, { fix: `see ${logFile}` });
}

/** The last lines of a log in one line, for an error message. */
export function lastLines(logFile: string, count = 6): string {
  if (!existsSync(logFile)) return 'it said nothing';
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
  return lines.slice(-count).join(' | ').slice(-1_000);
}
