import type pg from 'pg';
import { z } from 'zod';
import { keyText } from '../../core/consistency/keyText.ts';
import type { ChangedKey, IngestPosition, TopicOffset } from '../../ports/verifyStore.ts';

const big = z.union([z.string(), z.number()]).transform(BigInt);

const PositionRow = z.object({
  part: z.number(),
  next_offset: big,
});

/** The ingest stores every key as a JSON array of its texts. */
const StoredKey = z.array(z.string());

/** Where the ingest named `consumer` stands in each partition of a topic. */
export async function readPositions(
  pool: pg.Pool,
  consumer: string,
  topic: string,
): Promise<readonly IngestPosition[]> {
  const { rows } = await pool.query(
    `select part, next_offset from ingest_offset
     where topic = $1 and consumer = $2 order by part`,
    [topic, consumer],
  );
  return z
    .array(PositionRow)
    .parse(rows)
    .map((row) => ({ part: row.part, nextOffset: row.next_offset }));
}

/** Keys whose newest event lies at or past the offsets given, in pages by the ingest's own key text. */
export async function readChangedKeys(
  pool: pg.Pool,
  since: readonly TopicOffset[],
  after: string | null,
  limit: number,
): Promise<readonly ChangedKey[]> {
  const { rows } = await pool.query(
    `select distinct e.key from key_event e
     join unnest($1::text[], $2::int[], $3::bigint[]) s(topic, part, next_offset)
       on e.topic = s.topic and e.part = s.part and e."offset" >= s.next_offset
     where $4::text is null or e.key > $4 order by 1 limit $5`,
    [since.map((s) => s.topic), since.map((s) => s.part), since.map((s) => s.nextOffset), after, limit],
  );
  return z
    .array(z.object({ key: z.string() }))
    .parse(rows)
    .map(({ key }) => ({ cursor: key, key: keyText(StoredKey.parse(JSON.parse(key))) }));
}

/** Events below the high watermarks that the ingest named `consumer` has not read yet. */
export async function readUnreadEvents(pool: pg.Pool, consumer: string): Promise<bigint> {
  const { rows } = await pool.query(
    'select coalesce(sum(greatest(high_watermark - next_offset, 0)), 0)::text as unread from ingest_offset where consumer = $1',
    [consumer],
  );
  return BigInt(z.array(z.object({ unread: z.string() })).parse(rows)[0]?.unread ?? '0');
}
