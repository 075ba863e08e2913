import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { matchTables } from '../adapters/postgres/matchTables.ts';
import { PostgresRowReader } from '../adapters/postgres/postgresRowReader.ts';
import { SourceDatabase } from '../adapters/postgres/sourceDatabase.ts';
import { digestOf } from '../adapters/postgres/tablePlan.ts';
import { diffTables } from '../services/diffTables.ts';
import { startBenchTables } from './benchTables.ts';
import { installReladiff, type Reladiff } from './reladiff.ts';

/** The cheapest exact comparison that PostgreSQL has: every row hashed once, nothing named. */
const LIMIT = `select count(*), sum(hashint8extended(h, 1)), sum(hashint8extended(h, 2))
  from (select hash_record_extended(t, 0) h from stock t offset 0) x`;

const STOCK = { schema: 'public', table: 'stock' };
const ASKED = { source: STOCK, target: STOCK, key: null, columns: null, renamed: new Map(), where: null };

const open = (id: string, url: string) =>
  new SourceDatabase({ id, url, rowsPerSec: Number.POSITIVE_INFINITY, allowWritable: true });

/** One comparison with that many differing rows; times in ms, the best of the rounds, taken in turns. */
export interface SweepCase {
  readonly rows: number;
  readonly differing: number;
  readonly limitMs: number;
  /** The limit again, with the fields that Banyan hashes so that no two values are one: what exactness costs. */
  readonly exactMs: number;
  readonly sweepMs: number;
  /** Null where reladiff can't be had. */
  readonly reladiffMs: number | null;
  /** True if exactly the differing keys were named. */
  readonly allNamed: boolean;
}

export interface SweepFigures {
  readonly cases: readonly SweepCase[];
  /** Version of the rival, or why there is none. */
  readonly rival: string;
}

/**
 * Measures the comparison of two tables that a sweep and `banyan diff` are made of, until each differing key is named,
 * beside the limit and beside reladiff, in one run on one embedded PostgreSQL.
 */
export async function benchSweep(
  sizes: readonly number[],
  differing: readonly number[],
  rounds: number,
  withRival: boolean,
): Promise<SweepFigures> {
  const rival = withRival ? await installReladiff() : 'left out';
  try {
    const cases: SweepCase[] = [];
    for (const rows of sizes) cases.push(...(await measureSize(rows, differing, rounds, rival)));
    return { cases, rival: typeof rival === 'string' ? rival : rival.version };
  } finally {
    if (typeof rival !== 'string') rival.remove();
  }
}

async function measureSize(
  rows: number,
  differing: readonly number[],
  rounds: number,
  rival: Reladiff | string,
): Promise<readonly SweepCase[]> {
  const tables = await startBenchTables(rows);
  const sides = await Promise.all([tables.source, tables.target].map(plainClient));
  const exact = await exactDigest(tables.source, tables.target);
  const onBoth = (statement: string) => timed(() => Promise.all(sides.map((side) => side.query(statement))));
  const limit = () => onBoth(LIMIT);
  const cases: SweepCase[] = [];
  try {
    await limit();
    for (const count of differing) {
      const keys = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * rows) / count) + 1);
      const change = (by: number) =>
        sides[1]?.query('update stock set qty = qty + $2 where id = any($1)', [keys, by]) ?? Promise.resolve();
      await change(1);
      await sides[1]?.query('vacuum stock');
      const best = {
        limitMs: Number.POSITIVE_INFINITY,
        exactMs: Number.POSITIVE_INFINITY,
        sweepMs: Number.POSITIVE_INFINITY,
      };
      let reladiffMs: number | null = null;
      let allNamed = true;
      for (let round = 0; round < rounds; round += 1) {
        best.limitMs = Math.min(best.limitMs, await limit());
        best.exactMs = Math.min(best.exactMs, await onBoth(exact));
        const swept = await sweep(tables.source, tables.target);
        best.sweepMs = Math.min(best.sweepMs, swept.tookMs);
        allNamed &&= same(swept.keys, keys.map(String));
        if (typeof rival === 'string') continue;
        reladiffMs = Math.min(
          reladiffMs ?? Number.POSITIVE_INFINITY,
          (await rival.diff(tables.source, tables.target)).tookMs,
        );
      }
      cases.push({ rows, differing: count, ...best, reladiffMs, allNamed });
      await change(-1);
    }
    return cases;
  } finally {
    await Promise.all(sides.map((side) => side.end()));
    await tables.stop();
  }
}

/** The digest of the whole table by one scan, as Banyan hashes it. */
async function exactDigest(source: string, target: string): Promise<string> {
  const [from, to] = [open('A', source), open('B', target)];
  try {
    const { plan } = await matchTables(from, to, ASKED);
    if (plan === null) throw new Error('the tables of the bench can be compared');
    return digestOf(plan.source, 'true');
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

/** One comparison, connections and the look into the catalogue included. */
async function sweep(source: string, target: string): Promise<{ tookMs: number; keys: readonly string[] }> {
  const keys: string[] = [];
  const [from, to] = [open('A', source), open('B', target)];
  try {
    const tookMs = await timed(async () => {
      const { mapping, plan } = await matchTables(from, to, ASKED);
      await diffTables({
        reader: new PostgresRowReader(mapping, from, to, {}, plan),
        clock: { nowMs: () => performance.now() },
        pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
        // The tables stand still: naming is measured, not waiting.
        settleMs: 0,
        signal: new AbortController().signal,
        onKey: async ({ key, state }) => {
          if (state === 'different') keys.push(key);
        },
        onProgress: () => undefined,
      });
    });
    return { tookMs, keys };
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.toSorted().join() === b.toSorted().join();
}

async function plainClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: '-c jit=off -c max_parallel_workers_per_gather=0' });
  await client.connect();
  return client;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
