import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { messageOf } from '../errors.ts';

const run = promisify(execFile);
const Line = z.tuple([z.enum(['-', '+']), z.array(z.unknown())]);

/** What reladiff found and how long it took, its own start left out. */
export interface ReladiffRun {
  readonly tookMs: number;
  /** Keys of the rows that it calls different, each once. */
  readonly keys: readonly string[];
}

/** reladiff of PyPI in a Python environment of its own, to be measured beside. */
export interface Reladiff {
  readonly version: string;
  diff(source: string, target: string): Promise<ReladiffRun>;
  remove(): void;
}

/** Installs reladiff, or says in words why it can't be. */
export async function installReladiff(): Promise<Reladiff | string> {
  const folder = mkdtempSync('/tmp/banyan-bench-reladiff-');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const bin = (name: string) => join(folder, 'bin', name);
  try {
    await run('python3', ['-m', 'venv', folder]);
    await run(bin('pip'), ['install', '--quiet', 'reladiff', 'psycopg2-binary'], { timeout: 300_000 });
    const startedMs = performance.now();
    const { stdout } = await run(bin('reladiff'), ['--version']);
    const startMs = performance.now() - startedMs;
    return { version: stdout.trim(), diff: (source, target) => diff(bin('reladiff'), source, target, startMs), remove };
  } catch (error) {
    remove();
    return `reladiff could not be installed: ${messageOf(error).split('\n')[0]}`;
  }
}

async function diff(program: string, source: string, target: string, startMs: number): Promise<ReladiffRun> {
  const startedMs = performance.now();
  const { stdout } = await run(program, [source, 'stock', target, 'stock', '-k', 'id', '-c', '%', '--json'], {
    // Else it breaks lines as a terminal would.
    env: { ...process.env, COLUMNS: '100000' },
    maxBuffer: 1 << 30,
  });
  const tookMs = performance.now() - startedMs - startMs;
  const keys = stdout
    .split('\n')
    .filter((line) => line.startsWith('['))
    .map((line) => String(Line.parse(JSON.parse(line))[1][0]));
  return { tookMs, keys: [...new Set(keys)] };
}
