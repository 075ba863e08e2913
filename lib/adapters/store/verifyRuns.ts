import type pg from 'pg';
import { z } from 'zod';
import { whyPassEnds } from '../../core/consistency/whyPassEnds.ts';
import type { SeenRun } from '../../ports/passReader.ts';
import type { RunStart, TopicOffset, VerifyRun, VerifyTarget } from '../../ports/verifyStore.ts';
import { inTransaction } from './inTransaction.ts';
import { Offsets, VerifyRunRow } from './verifyRunRow.ts';

const FoundRun = z.object({
  id: z.string(),
  digest: z.string(),
  incarnation: z.string().nullable(),
  start_offsets: Offsets,
});

const offsetsJson = (offsets: readonly TopicOffset[]): string =>
  JSON.stringify(offsets.map(({ topic, part, nextOffset }) => ({ topic, part, nextOffset: nextOffset.toString() })));

/** Goes on with the table's pass, or begins one; two workers that ask at once get the same one. */
export function openRun(pool: pg.Pool, target: VerifyTarget, start: RunStart, nowMs: number): Promise<VerifyRun> {
  const now = new Date(nowMs);
  return inTransaction(pool, async (client) => {
    await lockRuns(client, target);
    const { rows } = await client.query(
      `select r.id, r.mapping_digest as digest, r.incarnation, r.start_offsets from verify_run r
       where r.context = $1 and r."table" = $2 and r.mode = 'sweep' and r.state in ('running', 'failed')
         and exists (select from verify_range g where g.run_id = r.id)
       order by r.started_at desc limit 1`,
      [target.context, target.table],
    );
    const [found] = z.array(FoundRun).parse(rows);
    if (found !== undefined) {
      const over = whyPassEnds({ mappingDigest: found.digest, incarnation: found.incarnation }, start);
      if (over === null) {
        await client.query(
          `update verify_run set detail = null, finished_at = null, rows_estimated = coalesce($3, rows_estimated),
             -- The rate of a pass that others are at goes on; that of one that stood still begins anew.
             resumed_at = case when state = 'running' and progress_at > $2::timestamptz - interval '30 s' then resumed_at else $2 end,
             recent_rows = case when state = 'running' and progress_at > $2::timestamptz - interval '30 s' then recent_rows else 0 end,
             state = 'running'
           where id = $1`,
          [found.id, now, start.rowsEstimated],
        );
        return { ...target, id: found.id, resumed: true, startOffsets: found.start_offsets };
      }
      await cancel(client, found.id, over, now);
    }
    await client.query(
      `insert into verify_run (id, context, "table", mode, state, started_at, resumed_at, progress_at, ranges_total,
         mapping_digest, incarnation, rows_estimated, start_offsets)
       values ($1, $2, $3, 'sweep', 'running', $4, $4, $4, 1, $5, $6, $7, $8)`,
      [
        start.newId,
        target.context,
        target.table,
        now,
        start.mappingDigest,
        start.incarnation,
        start.rowsEstimated,
        offsetsJson(start.offsets),
      ],
    );
    await client.query(`insert into verify_range (run_id, seq, state) values ($1, 0, 'waiting')`, [start.newId]);
    return { ...target, id: start.newId, resumed: false, startOffsets: start.offsets };
  });
}

/** Whoever begins, takes up or cancels the passes of a table does so alone. */
async function lockRuns(client: pg.PoolClient, { context, table }: VerifyTarget): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended($1, 7))`, [`${context}/${table}`]);
}

async function cancel(client: pg.PoolClient, runId: string, reason: string, now: Date): Promise<void> {
  await client.query(
    `update verify_run set state = 'cancelled', finished_at = $2, detail = $3, clean_pass = false, not_clean_because = $3
     where id = $1 and state <> 'complete'`,
    [runId, now, reason],
  );
  await client.query('delete from verify_range where run_id = $1', [runId]);
}

export function cancelRun(pool: pg.Pool, runId: string, reason: string, nowMs: number): Promise<void> {
  return inTransaction(pool, (client) => cancel(client, runId, reason, new Date(nowMs)));
}

/** Cancels every pass over a table that `openRun` would go on with. */
export function cancelOpenRuns(pool: pg.Pool, target: VerifyTarget, reason: string, nowMs: number): Promise<void> {
  return inTransaction(pool, async (client) => {
    await lockRuns(client, target);
    const { rows } = await client.query<{ id: string }>(
      `select r.id from verify_run r where r.context = $1 and r."table" = $2 and r.mode = 'sweep'
         and r.state in ('running', 'failed') and exists (select from verify_range g where g.run_id = r.id)`,
      [target.context, target.table],
    );
    for (const { id } of rows) await cancel(client, id, reason, new Date(nowMs));
  });
}

/** Ends a pass whose ranges are all done. */
export function finishRun(
  pool: pg.Pool,
  run: VerifyRun,
  { endOffsets, forgotten }: { readonly endOffsets: readonly TopicOffset[]; readonly forgotten: string | null },
  nowMs: number,
): Promise<boolean> {
  const state = (name: string) => `(select count(*) from open where state = '${name}')`;
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `with open as (
           select state from divergence where context = $2 and "table" = $3 and resolved_at is null and self_test is null),
         planted as (select from self_test s, verify_run r where r.id = $1 and s.context = $2 and s."table" = $3
           and coalesce(s.ended_at, 'infinity') >= r.started_at and exists (select from self_test_row c where c.self_test = s.id)),
         mended as (select count(*) as n, min(key) as key from divergence d, verify_run r where r.id = $1
           and d.context = $2 and d."table" = $3 and d.resolved_at >= r.started_at and d.detail ? 'provedAt' and d.self_test is null),
         unclean as (select case
           when exists (select from open where state = 'DIVERGED') then 'keys are divergent'
           when $6::text is not null then $6
           when exists (select from open) then 'keys are not settled'
           when exists (select from planted) then 'a self-test made rows wrong during the pass'
           when mended.n > 0 then format('%s divergent %s mended during the pass, the first %s',
             mended.n, case when mended.n = 1 then 'key was' else 'keys were' end, mended.key)
           end as reason from mended)
       update verify_run r set state = 'complete', detail = null, finished_at = $4, end_offsets = $5, eta_at = null,
         rows_estimated = r.rows_compared, coverage_percent = 100,
         clean_pass = unclean.reason is null, not_clean_because = unclean.reason,
         clean = greatest(r.rows_compared - (select count(*) from open), 0), diverged = ${state('DIVERGED')},
         pending = ${state('PENDING')}, stalled = ${state('STALLED')}, conflict = ${state('CONFLICT')},
         unknown = ${state('UNKNOWN')}
       from unclean
       where r.id = $1 and r.state in ('running', 'failed')
         and not exists (select from verify_range g where g.run_id = r.id and g.state <> 'done')`,
      [run.id, run.context, run.table, new Date(nowMs), offsetsJson(endOffsets), forgotten],
    );
    if (rowCount !== 1) return false;
    await client.query('delete from verify_range where run_id = $1', [run.id]);
    await client.query(
      `delete from verify_run where context = $1 and "table" = $2 and finished_at < $3::timestamptz - interval '7 days'`,
      [run.context, run.table, new Date(nowMs)],
    );
    return true;
  });
}

/** Writes down why a pass stopped, unless somebody else is at it. */
export async function failRun(pool: pg.Pool, runId: string, detail: string, nowMs: number): Promise<void> {
  await pool.query(
    `update verify_run set state = 'failed', detail = $2, finished_at = $3, eta_at = null
     where id = $1 and state = 'running' and not exists (
       select from verify_range where run_id = $1 and state = 'leased' and leased_until > $3)`,
    [runId, detail, new Date(nowMs)],
  );
}

/** Writes down that a pass could not begin. */
export async function recordFailedRun(
  pool: pg.Pool,
  target: VerifyTarget,
  mappingDigest: string,
  id: string,
  detail: string,
  nowMs: number,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    // One row of a fault that lasts: it moves instead of growing with every try.
    await client.query(
      `delete from verify_run r where r.context = $1 and r."table" = $2 and r.state = 'failed'
         and not exists (select from verify_range g where g.run_id = r.id)`,
      [target.context, target.table],
    );
    await client.query(
      `insert into verify_run (id, context, "table", mode, state, started_at, finished_at, mapping_digest, detail)
       values ($1, $2, $3, 'sweep', 'failed', $4, $4, $5, $6)`,
      [id, target.context, target.table, new Date(nowMs), mappingDigest, detail],
    );
  });
}

/** What is known of a pass. */
export async function readRun(pool: pg.Pool, runId: string): Promise<SeenRun> {
  const { rows } = await pool.query('select * from verify_run where id = $1', [runId]);
  return VerifyRunRow.parse(rows[0]);
}
