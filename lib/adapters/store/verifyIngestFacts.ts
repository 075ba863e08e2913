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

/** The first topic with a dead letter at or past `since` and below `end`; null if none has. */
export async function readDeadSince(
  pool: pg.Pool,
  since: readonly TopicOffset[],
  end: readonly TopicOffset[],
): Promise<string | null> {
  const bounds = end.map(({ topic, part, nextOffset }) => {
    const from = since.find((s) => s.topic === topic && s.part === part)?.nextOffset ?? 0n;
    return { topic, part, from, to: nextOffset };
  });
  const { rows } = await pool.query(
    `select d.topic from dead_letter d
     join unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) b(topic, part, lo, hi)
       on d.topic = b.topic and d.part = b.part and d."offset" >= b.lo and d."offset" < b.hi
     order by 1 limit 1`,
    [bounds.map((b) => b.topic), bounds.map((b) => b.part), bounds.map((b) => b.from), bounds.map((b) => b.to)],
  );
  return z.array(z.object({ topic: z.string() })).parse(rows)[0]?.topic ?? null;
}

/** Events below the high watermarks that the ingest named `consumer` has not read yet. */
export async function readUnreadEvents(pool: pg.Pool, consumer: string): Promise<bigint> {
  const { rows } = await pool.query(
    'select coalesce(sum(greatest(high_watermark - next_offset, 0)), 0)::text as unread from ingest_offset where consumer = $1',
    [consumer],
  );
  return BigInt(z.array(z.object({ unread: z.string() })).parse(rows)[0]?.unread ?? '0');
}
