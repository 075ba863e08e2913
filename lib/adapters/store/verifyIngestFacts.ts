import type pg from 'pg';
import { z } from 'zod';
import { keyValues } from '../../core/consistency/keyText.ts';
import type { IngestPosition, NewestEvent } from '../../ports/verifyStore.ts';

const big = z.union([z.string(), z.number()]).transform(BigInt);

const PositionRow = z.object({
  part: z.number(),
  next_offset: big,
  last_commit_lsn: big.nullable(),
  caught_up_at: z.date().nullable(),
  stopped: z.string().nullable(),
});

const EventRow = z.object({
  key: z.string(),
  part: z.number(),
  offset: big,
  op: z.string(),
  tx_id: big.nullable(),
  commit_lsn: big.nullable(),
  source_ts_us: big,
  after: z.string().nullable(),
  trace_id: z.string().nullable(),
});

/** Where the ingest named `consumer` stands in each partition of a topic. */
export async function readPositions(
  pool: pg.Pool,
  consumer: string,
  topic: string,
): Promise<readonly IngestPosition[]> {
  const { rows } = await pool.query(
    `select part, next_offset, last_commit_lsn, caught_up_at, stopped from ingest_offset
     where topic = $1 and consumer = $2 order by part`,
    [topic, consumer],
  );
  return z
    .array(PositionRow)
    .parse(rows)
    .map((row) => ({
      part: row.part,
      nextOffset: row.next_offset,
      lastCommitLsn: row.last_commit_lsn,
      caughtUpAtMs: row.caught_up_at?.getTime() ?? null,
      stopped: row.stopped,
    }));
}

/** The newest event of each key that has one, by the verifier's key text. */
export async function readNewestEvents(
  pool: pg.Pool,
  topic: string,
  keys: readonly string[],
  keyColumns: number,
): Promise<ReadonlyMap<string, NewestEvent>> {
  // The ingest stores every key as a JSON array of its texts.
  const byStored = new Map(keys.map((key) => [JSON.stringify(keyValues(key, keyColumns)), key]));
  const { rows } = await pool.query(
    `select key, part, "offset", op, tx_id, commit_lsn, source_ts_us, after, trace_id from key_event
     where topic = $1 and key = any($2)`,
    [topic, [...byStored.keys()]],
  );
  const events = z.array(EventRow).parse(rows);
  return new Map(
    events.map((row) => [
      byStored.get(row.key) ?? row.key,
      {
        key: byStored.get(row.key) ?? row.key,
        part: row.part,
        offset: row.offset,
        op: row.op,
        txId: row.tx_id,
        commitLsn: row.commit_lsn,
        sourceTsUs: row.source_ts_us,
        after: row.after,
        traceId: row.trace_id,
      },
    ]),
  );
}
