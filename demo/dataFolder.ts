import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DemoError } from './demoError.ts';
import { isAlive } from './infra/endLeftOvers.ts';

const runningSchema = z.object({ pid: z.number(), control: z.string() });

/** The demo that runs on a data folder: its process and its control API. */
export type RunningDemo = z.infer<typeof runningSchema>;

const stateSchema = z.object({
  infra: z.enum(['embedded', 'kafka']),
  items: z.number(),
  readerPassword: z.string(),
});

/** What a data folder keeps from one start to the next. */
export type DemoState = z.infer<typeof stateSchema>;

const lockFile = (dataDir: string): string => join(dataDir, 'running.json');

/** The demo that runs on this folder now, or undefined. */
export function readRunning(dataDir: string): RunningDemo | undefined {
  const file = lockFile(dataDir);
  if (!existsSync(file)) return undefined;
  const parsed = runningSchema.safeParse(parseJson(readFileSync(file, 'utf8')));
  return parsed.success && isAlive(parsed.data.pid) && isNode(parsed.data.pid) ? parsed.data : undefined;
}

/** Process ids are used again: a living one that is not a node is not the demo that wrote the file. */
function isNode(pid: number): boolean {
  const file = `/proc/${pid}/cmdline`;
  return !existsSync(file) || readFileSync(file, 'utf8').includes('demo');
}

export interface DataFolderLock {
  /** True if the demo before this one was killed: its parts may still be ending. */
  readonly tookOver: boolean;
  release(): void;
}

/**
 * Takes the folder for this process.
 * @throws DemoError if another demo runs on it, with that demo's control URL.
 */
export function lockDataFolder(dataDir: string, control: string): DataFolderLock {
  mkdirSync(dataDir, { recursive: true });
  const file = lockFile(dataDir);
  const text = JSON.stringify({ pid: process.pid, control } satisfies RunningDemo);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      writeFileSync(file, text, { flag: 'wx' });
      return { tookOver: attempt > 0, release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    }
    const other = readRunning(dataDir);
    if (other !== undefined) {
      throw new DemoError(`a demo runs on ${dataDir} already (process ${other.pid}, control ${other.control})`, {
        fix: 'stop it, or start this one elsewhere: --data DIR and other ports',
      });
    }
    // Left by a demo that was killed. Moving it aside succeeds for one process only, should two start at once.
    const aside = `${file}.${process.pid}`;
    try {
      renameSync(file, aside);
      rmSync(aside, { force: true });
    } catch {
      // Another process was quicker; the next attempt sees what it wrote.
    }
  }
  throw new DemoError(`could not lock ${dataDir}: another demo starts on it at the same time`);
}

/**
 * Reads what the folder keeps, or makes it on the first start.
 * @throws DemoError if the folder belongs to the other infrastructure: its topics would be missing.
 */
export function openState(dataDir: string, wanted: Pick<DemoState, 'infra' | 'items'>): DemoState {
  const file = join(dataDir, 'demo.json');
  if (!existsSync(file)) {
    const state: DemoState = { ...wanted, readerPassword: randomBytes(18).toString('base64url') };
    writeFileSync(file, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    return state;
  }
  const parsed = stateSchema.safeParse(parseJson(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new DemoError(`${file} is not what the demo wrote`, { fix: `delete ${dataDir}` });
  if (parsed.data.infra !== wanted.infra) {
    throw new DemoError(`${dataDir} was made with --infra ${parsed.data.infra}, not ${wanted.infra}`, {
      fix: `another folder: --data DIR; or delete ${dataDir}`,
    });
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
