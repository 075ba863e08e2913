import type { Pool } from 'pg';

/** How long facts are kept, days. Spans have partitions of their own (spanPartitions.ts). */
const KEPT_DAYS: readonly (readonly [table: string, column: string, days: number])[] = [
  ['kpi_bin', 'bucket_at', 30],
  ['kpi_bucket', 'bucket_at', 400],
  ['lag_sample', 'at', 7],
  ['dead_letter', 'at', 90],
  ['saga_event', 'at', 90],
  ['saga_instance', 'deadline_at', 90],
  ['verify_run', 'started_at', 30],
  ['part_status', 'checked_at', 7],
];

/** Rows deleted by one statement: short transactions, no long lock. */
const BATCH = 10_000;

/** Deletes what is past its retention, in small batches; verdicts, attempts and the audit are kept for ever. */
export async function keepRetention(pool: Pool): Promise<void> {
  for (const [table, column, days] of KEPT_DAYS) {
    let deleted = BATCH;
    while (deleted === BATCH) {
      const { rowCount } = await pool.query(
        `delete from ${table} where ctid = any (array(
           select ctid from ${table} where ${column} < now() - make_interval(days => $1) limit $2))`,
        [days, BATCH],
      );
      deleted = rowCount ?? 0;
    }
  }
  await pool.query('delete from verify_range r where not exists (select 1 from verify_run v where v.id = r.run_id)');
}
