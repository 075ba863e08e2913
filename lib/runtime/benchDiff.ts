import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { BanyanError } from '../errors.ts';
import { startBenchTables } from './benchTables.ts';
import { DelayedCopy } from './delayedCopy.ts';
import { installReladiff } from './reladiff.ts';

const BANYAN = fileURLToPath(new URL('../../bin/banyan.ts', import.meta.url));
const Line = z.object({ key: z.object({ id: z.string() }), state: z.enum(['different', 'unsettled']) });

export interface DiffBenchOptions {
  readonly rows: number;
  readonly runs: number;
  readonly updatesPerSec: number;
  /** From an update's commit to its arrival on the target, ms. */
  readonly delayMs: readonly [number, number];
  /** Keys set wrong on the target before each run. */
  readonly planted: number;
  readonly withRival: boolean;
}

/** One comparison under writes, held against the ledger of what was set wrong. */
export interface DiffRun {
  readonly tookMs: number;
  /** Keys called different that were never set wrong. */
  readonly falseKeys: number;
  /** Keys set wrong that no later write healed, and those of them that were not named. */
  readonly wrong: number;
  readonly missed: number;
  readonly unsettled: number;
}

export interface DiffBenchFigures {
  readonly banyan: readonly DiffRun[];
  readonly reladiff: readonly DiffRun[];
  /** Version of the rival, or why there is none. */
  readonly rival: string;
}

interface Named {
  readonly keys: readonly string[];
  readonly unsettled: number;
}

/** Runs `banyan diff` and reladiff in turns on two tables, the second of which follows the first with a delay. */
export async function benchDiff(options: DiffBenchOptions): Promise<DiffBenchFigures> {
  const rival = options.withRival ? await installReladiff() : 'left out';
  const tables = await startBenchTables(options.rows);
  const { source, target } = tables;
  const banyan: DiffRun[] = [];
  const reladiff: DiffRun[] = [];
  const copy = new DelayedCopy({ ...options, sourceUrl: source, targetUrl: target, random: Math.random });
  try {
    copy.start();
    for (let run = 0; run < options.runs; run += 1) {
      banyan.push(await measure(copy, options, () => runBanyan(source, target)));
      if (typeof rival === 'string') continue;
      const byRival = async () => ({ keys: (await rival.diff(source, target)).keys, unsettled: 0 });
      reladiff.push(await measure(copy, options, byRival));
    }
    return { banyan, reladiff, rival: typeof rival === 'string' ? rival : rival.version };
  } finally {
    await copy.stop();
    await tables.stop();
    if (typeof rival !== 'string') rival.remove();
  }
}

async function measure(copy: DelayedCopy, options: DiffBenchOptions, find: () => Promise<Named>): Promise<DiffRun> {
  const planted = new Set<number>();
  while (planted.size < options.planted) planted.add(1 + Math.floor(Math.random() * options.rows));
  await copy.corrupt([...planted]);
  const startedMs = performance.now();
  const { keys, unsettled } = await find();
  const tookMs = performance.now() - startedMs;
  // Judged before the keys are mended: a write from now on heals none of them unseen.
  const wrong = [...planted].filter((key) => !copy.wasWritten(key));
  await copy.mend([...planted]);
  const named = new Set(keys.map(Number));
  return {
    tookMs,
    falseKeys: [...named].filter((key) => !planted.has(key)).length,
    wrong: wrong.length,
    missed: wrong.filter((key) => !named.has(key)).length,
    unsettled,
  };
}

async function runBanyan(source: string, target: string): Promise<Named> {
  const lines = await new Promise<string>((done, reject) => {
    const argv = [BANYAN, 'diff', source, target, 'stock', '--format', 'jsonl'];
    execFile(process.execPath, argv, { maxBuffer: 1 << 30 }, (error, stdout, stderr) => {
      // 1 and 2 are answers.
      if (error === null || error.code === 1 || error.code === 2) done(stdout);
      else reject(new BanyanError('internal', `banyan diff ended with ${error.code}: ${stderr}`));
    });
  });
  const found = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Line.parse(JSON.parse(line)));
  return {
    keys: found.filter(({ state }) => state === 'different').map(({ key }) => key.id),
    unsettled: found.filter(({ state }) => state === 'unsettled').length,
  };
}
