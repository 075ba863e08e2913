import type { Pool } from 'pg';

/** How long facts are kept, days. Spans have partitions of their own (spanPartitions.ts). */
const KEPT_DAYS: readonly (readonly [table: string, column: string, days: number])[] = [
  ['kpi_bin', 'bucket_at', 30],
  ['kpi_bucket', 'bucket_at', 400],
  ['lag_sample', 'at', 7],
  // Judged long ago, and never seen applied: the applier's position has not moved past them, or is not known at all.
  ['pending_apply', 'written_at', 7],
  ['dead_letter', 'at', 90],
  ['saga_event', 'at', 90],
  ['saga_instance', 'deadline_at', 90],
  ['verify_run', 'started_at', 30],
  ['self_test', 'ended_at', 400],
  ['invariant_check', 'at', 400],
  ['part_status', 'checked_at', 7],
  ['group_offset', 'at', 7],
  ['command', 'created_at', 90],
  // Open ones have no time of resolution and stay.
  ['divergence', 'resolved_at', 90],
];

/** What was sent, or given up, is kept this long; what is still to be sent stays. */
const SENT_DAYS = 30;

/** Rows deleted by one statement: short transactions, no long lock. */
const BATCH = 10_000;

/** Deletes what is past its retention, in small batches; verdicts, attempts and the audit are kept for ever. */
export async function keepRetention(pool: Pool): Promise<void> {
  for (const [table, column, days] of KEPT_DAYS) {
    await deleteInBatches(pool, table, `${column} < now() - make_interval(days => $1)`, days);
  }
  await pool.query('delete from verify_range r where not exists (select 1 from verify_run v where v.id = r.run_id)');
  await deleteInBatches(
    pool,
    'delivery',
    `state <> 'pending' and outbox_id in (select id from outbox where created_at < now() - make_interval(days => $1))`,
    SENT_DAYS,
  );
  await deleteInBatches(
    pool,
    'outbox',
    `created_at < now() - make_interval(days => $1) and routed_at is not null
       and not exists (select 1 from delivery where outbox_id = outbox.id)`,
    SENT_DAYS,
  );
}

async function deleteInBatches(pool: Pool, table: string, condition: string, days: number): Promise<void> {
  let deleted = BATCH;
  while (deleted === BATCH) {
    const { rowCount } = await pool.query(
      `delete from ${table} where ctid = any (array(select ctid from ${table} where ${condition} limit $2))`,
      [days, BATCH],
    );
    deleted = rowCount ?? 0;
  }
}
