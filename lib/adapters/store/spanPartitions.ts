// Each day of spans is a partition, made ahead and dropped whole. Spans whose start can't be right stand in the default
// partition under one quarantine day, so they never keep a day's partition from being made.
import type { Pool, PoolClient } from 'pg';

const DAY_MS = 86_400_000;
const DAYS_AHEAD = 2;
/** One worker at a time; the others find everything made. */
const PARTITION_LOCK = 72_707_371;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const nameOf = (day: string): string => `span_${day.replaceAll('-', '')}`;

/** Makes the partitions from the oldest kept day to the day after tomorrow, and drops older ones. */
export async function keepSpanPartitions(
  pool: Pool,
  { nowMs, retentionDays }: { readonly nowMs: number; readonly retentionDays: number },
): Promise<void> {
  const client = await pool.connect();
  let isSound = false;
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
    // A table that is in use is not waited for: whoever came after this statement would wait as well.
    await client.query(`set local lock_timeout = '1s'`);
    const existing = await partitionsOf(client);
    for (let day = -retentionDays; day <= DAYS_AHEAD; day += 1) {
      const from = dayOf(nowMs + day * DAY_MS);
      if (!existing.includes(nameOf(from))) await makePartition(client, from, dayOf(nowMs + (day + 1) * DAY_MS));
    }
    const oldest = nameOf(dayOf(nowMs - retentionDays * DAY_MS));
    for (const name of existing) if (name < oldest) await client.query(`drop table ${name}`);
    await client.query('delete from span_default where received_at < $1', [new Date(nowMs - retentionDays * DAY_MS)]);
    await client.query('commit');
    isSound = true;
  } finally {
    client.release(!isSound);
  }
}

async function partitionsOf(client: PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'span'::regclass and c.relname ~ '^span_[0-9]{8}$' order by 1`,
  );
  return rows.map((row) => row.name);
}

/** Rows that came before their partition was made are moved into it. */
async function makePartition(client: PoolClient, from: string, to: string): Promise<void> {
  const name = nameOf(from);
  await client.query(`create table ${name} (like span including defaults including constraints)`);
  await client.query(
    `with moved as (delete from span_default where day = '${from}' returning *) insert into ${name} select * from moved`,
  );
  await client.query(`alter table span attach partition ${name} for values from ('${from}') to ('${to}')`);
}
