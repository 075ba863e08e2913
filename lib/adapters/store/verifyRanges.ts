import type pg from 'pg';
import { z } from 'zod';
import type { KeyBound } from '../../core/consistency/keyRange.ts';
import {
  coveragePercent,
  etaAtMs,
  nextPace,
  paceRowsPerSec,
  type SweepPace,
} from '../../core/consistency/sweepProgress.ts';
import type { LeasedRange, RangeResult, VerifyRun } from '../../ports/verifyStore.ts';
import { inTransaction } from './inTransaction.ts';
import { storeFindings } from './verifyFindings.ts';

const big = z.union([z.string(), z.number()]).transform(BigInt);
const RangeRow = z.object({ seq: z.number(), lo: z.string().nullable(), hi: z.string().nullable() });
const PaceRow = z.object({
  rows_compared: big,
  rows_estimated: big.nullable(),
  recent_rows: z.number(),
  progress_at: z.date().nullable(),
  resumed_at: z.date().nullable(),
});

const bound = (text: string | null): KeyBound => (text === null ? null : z.array(z.string()).parse(JSON.parse(text)));

/** Takes a range that waits, or one whose lease has ended. */
export async function leaseRange(
  pool: pg.Pool,
  runId: string,
  owner: string,
  nowMs: number,
  leaseMs: number,
): Promise<LeasedRange | null> {
  const { rows } = await pool.query(
    `update verify_range set state = 'leased', owner = $2, leased_until = $4
     where run_id = $1 and seq = (
       select seq from verify_range
       where run_id = $1 and (state = 'waiting' or (state = 'leased' and leased_until < $3))
       order by seq for update skip locked limit 1)
     returning seq, lo, hi`,
    [runId, owner, new Date(nowMs), new Date(nowMs + leaseMs)],
  );
  const [row] = z.array(RangeRow).parse(rows);
  return row === undefined ? null : { seq: row.seq, range: { lo: bound(row.lo), hi: bound(row.hi) } };
}

export async function renewLease(
  pool: pg.Pool,
  runId: string,
  seq: number,
  owner: string,
  nowMs: number,
  leaseMs: number,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update verify_range set leased_until = $4 where run_id = $1 and seq = $2 and owner = $3 and state = 'leased'`,
    [runId, seq, owner, new Date(nowMs + leaseMs)],
  );
  return rowCount === 1;
}

/** Cuts a leased range in two. Only its holder may: one that lost the lease would cut what another has cut already. */
export function splitRange(
  pool: pg.Pool,
  runId: string,
  seq: number,
  owner: string,
  at: readonly string[],
): Promise<boolean> {
  const cut = JSON.stringify(at);
  return inTransaction(pool, async (client) => {
    // The run's row first, as everywhere: two transactions that lock in one order never wait for each other.
    await client.query('select from verify_run where id = $1 for update', [runId]);
    const { rowCount } = await client.query(
      `with own as (
         select hi from verify_range where run_id = $1 and seq = $2 and owner = $4 and state = 'leased' for update),
       run as (update verify_run set ranges_total = ranges_total + 1 where id = $1 and exists (select from own)
         returning ranges_total)
       insert into verify_range (run_id, seq, lo, hi, state) select $1, run.ranges_total - 1, $3, own.hi, 'waiting' from run, own`,
      [runId, seq, cut, owner],
    );
    if (rowCount !== 1) return false;
    await client.query('update verify_range set hi = $3 where run_id = $1 and seq = $2', [runId, seq, cut]);
    return true;
  });
}

/** Range done, digests, progress, counts and findings: all or nothing. */
export function finishRange(
  pool: pg.Pool,
  run: VerifyRun,
  seq: number,
  owner: string,
  result: RangeResult,
  nowMs: number,
): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query(
      'select rows_compared, rows_estimated, recent_rows, progress_at, resumed_at from verify_run where id = $1 for update',
      [run.id],
    );
    const [before] = z.array(PaceRow).parse(rows);
    const done = await client.query(
      `update verify_range set state = 'done', rows = $4, finished_at = $5
       where run_id = $1 and seq = $2 and owner = $3 and state = 'leased'`,
      [run.id, seq, owner, result.rows, new Date(nowMs)],
    );
    if (before === undefined || done.rowCount !== 1) return false;
    await addToRun(client, run, before, result, nowMs);
    await storeFindings(client, run, result.findings);
    return true;
  });
}

async function addToRun(
  client: pg.PoolClient,
  run: VerifyRun,
  before: z.infer<typeof PaceRow>,
  { rows, source, target, counts }: RangeResult,
  nowMs: number,
): Promise<void> {
  const sinceMs = before.resumed_at?.getTime() ?? nowMs;
  const atMs = Math.max(before.progress_at?.getTime() ?? sinceMs, sinceMs);
  const pace: SweepPace = nextPace({ recentRows: before.recent_rows, atMs, sinceMs }, rows, nowMs);
  const compared = before.rows_compared + rows;
  const endMs = etaAtMs(pace, compared, before.rows_estimated);
  const notClean = (['DIVERGED', 'PENDING', 'STALLED', 'CONFLICT', 'UNKNOWN'] as const).map(
    (verdict) => counts.get(verdict) ?? 0,
  );
  const open = notClean.reduce((sum, count) => sum + count, 0);
  await client.query(
    `update verify_run set rows_compared = $2, ranges_done = ranges_done + 1,
       coverage_percent = $3, rows_per_sec = $4, eta_at = $5, recent_rows = $6, progress_at = $7,
       clean = clean + greatest($8::bigint - $9, 0), diverged = diverged + $10, pending = pending + $11,
       stalled = stalled + $12, conflict = conflict + $13, unknown = unknown + $14,
       source_rows = source_rows + $15, source_sum1 = mod(source_sum1 + $16, 18446744073709551616),
       source_sum2 = mod(source_sum2 + $17, 18446744073709551616),
       target_rows = target_rows + $18, target_sum1 = mod(target_sum1 + $19, 18446744073709551616),
       target_sum2 = mod(target_sum2 + $20, 18446744073709551616)
     where id = $1`,
    [
      run.id,
      compared,
      coveragePercent(compared, before.rows_estimated),
      paceRowsPerSec(pace),
      endMs === null ? null : new Date(endMs),
      pace.recentRows,
      new Date(pace.atMs),
      rows,
      open,
      ...notClean,
      ...[source, target].flatMap(({ rows: n, sum1, sum2 }) => [n, sum1, sum2]),
    ],
  );
}

/** Gives back one range, or all that this owner holds. */
export async function releaseRanges(pool: pg.Pool, runId: string, owner: string, seq?: number): Promise<void> {
  await pool.query(
    `update verify_range set state = 'waiting', owner = null
     where run_id = $1 and owner = $2 and state = 'leased' and ($3::int is null or seq = $3)`,
    [runId, owner, seq ?? null],
  );
}
