import { DatabaseError, type Pool, type PoolClient } from 'pg';
import type { JsonType } from '../../core/cdc/columnShape.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import type { TopicPartition } from '../../ports/eventSource.ts';
import type { BatchCommit, Claim, CommitResult, FactStore } from '../../ports/factStore.ts';
import { writeDeadLetters, writeKeyEvents, writeLearned, writePending, writeSagaEvents } from './factStoreWrites.ts';
import { inTransaction } from './inTransaction.ts';
import { writeKpi } from './writeKpi.ts';

const COLUMNS = `topic, part, next_offset, epoch, last_offset, last_timestamp_ms, last_hash, last_commit_lsn, last_lsn, last_keys, last_source_ts_us`;

interface OffsetRow {
  readonly topic: string;
  readonly part: number;
  readonly next_offset: string;
  readonly epoch: string;
  readonly last_offset: string | null;
  readonly last_timestamp_ms: string | null;
  readonly last_hash: Buffer | null;
  readonly last_commit_lsn: string | null;
  readonly last_lsn: string | null;
  readonly last_keys: string[];
  readonly last_source_ts_us: string | null;
}

/** Facts and positions in PostgreSQL: one transaction a batch, fenced by the partition's epoch. */
export class PgFactStore implements FactStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async claim(
    consumer: string,
    owner: string,
    partitions: readonly (TopicPartition & { readonly start: bigint })[],
  ): Promise<readonly Claim[]> {
    const sorted = [...partitions].sort((a, b) =>
      a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
    );
    const { rows } = await this.#query<OffsetRow>(
      `insert into ingest_offset (consumer, topic, part, next_offset, epoch, owner)
       select $1, t, p, s, 1, $2 from unnest($3::text[], $4::int[], $5::bigint[]) as x(t, p, s)
       on conflict (consumer, topic, part) do update set epoch = ingest_offset.epoch + 1, owner = excluded.owner, updated_at = now()
       returning ${COLUMNS}`,
      [consumer, owner, sorted.map((p) => p.topic), sorted.map((p) => p.partition), sorted.map((p) => String(p.start))],
    );
    return this.#claims(rows);
  }

  async reread(consumer: string, { topic, partition }: TopicPartition): Promise<Claim | null> {
    const { rows } = await this.#query<OffsetRow>(
      `select ${COLUMNS} from ingest_offset where consumer = $1 and topic = $2 and part = $3`,
      [consumer, topic, partition],
    );
    return (await this.#claims(rows))[0] ?? null;
  }

  async commit(batch: BatchCommit): Promise<CommitResult> {
    try {
      return await inTransaction(this.#pool, (client) => commitBatch(client, batch));
    } catch (error) {
      if (isRefusal(error)) return { kind: 'refused', detail: messageOf(error) };
      throw error;
    }
  }

  async setStopped(consumer: string, at: TopicPartition & { epoch: bigint }, reason: string | null): Promise<void> {
    await this.#query(
      `update ingest_offset set stopped = $5, updated_at = now()
       where consumer = $1 and topic = $2 and part = $3 and epoch = $4 and stopped is distinct from $5`,
      [consumer, at.topic, at.partition, String(at.epoch), reason],
    );
  }

  async noteWatermarks(
    consumer: string,
    marks: readonly (TopicPartition & { epoch: bigint; high: bigint; caughtUpMs: number | null })[],
  ): Promise<void> {
    if (marks.length === 0) return;
    // Skips rows that a batch is just writing: the next note is a second away.
    await this.#query(
      `with note as (
         select o.consumer, o.topic, o.part, x.high, x.caught from ingest_offset o
         join unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::float8[]) as x(topic, part, epoch, high, caught)
           on o.topic = x.topic and o.part = x.part and o.epoch = x.epoch
         where o.consumer = $1 for update of o skip locked)
       update ingest_offset o set high_watermark = note.high, updated_at = now(),
         caught_up_at = greatest(o.caught_up_at, to_timestamp(note.caught / 1000.0))
       from note where o.consumer = note.consumer and o.topic = note.topic and o.part = note.part`,
      [
        consumer,
        marks.map(({ topic }) => topic),
        marks.map(({ partition }) => partition),
        marks.map(({ epoch }) => String(epoch)),
        marks.map(({ high }) => String(high)),
        marks.map(({ caughtUpMs }) => caughtUpMs),
      ],
    );
  }

  async #claims(rows: readonly OffsetRow[]): Promise<Claim[]> {
    const topics = [...new Set(rows.map(({ topic }) => topic))];
    const shapes = await this.#query<{ topic: string; column_name: string; json_type: string }>(
      'select topic, column_name, json_type from topic_shape where topic = any($1)',
      [topics],
    );
    return rows.map((row) => {
      const known = shapes.rows.filter(({ topic }) => topic === row.topic);
      return toClaim(
        row,
        new Map(
          known.flatMap(({ column_name, json_type }) => {
            return isJsonType(json_type) ? [[column_name, json_type] as const] : [];
          }),
        ),
      );
    });
  }

  async #query<R extends object>(text: string, values: unknown[]): Promise<{ rows: R[] }> {
    try {
      return await this.#pool.query<R>(text, values);
    } catch (error) {
      throw new BanyanError('unavailable', `the store: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** Data that does not fit its type (class 22), a constraint (23) or a limit (54): the same statement can't succeed later. */
function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError && /^(22|23|54)/.test(error.code ?? '');
}

function isJsonType(text: string): text is JsonType {
  return text === 'string' || text === 'number' || text === 'boolean' || text === 'object';
}

function toClaim(row: OffsetRow, shape: ReadonlyMap<string, JsonType>): Claim {
  const { last_offset, last_timestamp_ms, last_hash, last_lsn, last_commit_lsn } = row;
  const known = last_offset !== null && last_timestamp_ms !== null && last_hash !== null;
  return {
    topic: row.topic,
    partition: row.part,
    nextOffset: BigInt(row.next_offset),
    epoch: BigInt(row.epoch),
    last: known ? { offset: BigInt(last_offset), timestampMs: Number(last_timestamp_ms), hash: last_hash } : null,
    countedUpTo: {
      position: last_lsn === null ? null : { commitLsn: last_commit_lsn, lsn: last_lsn },
      keys: row.last_keys,
      sourceTsUs: row.last_source_ts_us === null ? null : Number(row.last_source_ts_us),
    },
    shape,
  };
}

async function commitBatch(client: PoolClient, batch: BatchCommit): Promise<CommitResult> {
  const { consumer, topic, partition, facts } = batch;
  const { rows } = await client.query<{ next_offset: string; epoch: string }>({
    name: 'ingest-fence',
    text: 'select next_offset, epoch from ingest_offset where consumer = $1 and topic = $2 and part = $3 for update',
    values: [consumer, topic, partition],
  });
  const row = rows[0];
  if (row === undefined || BigInt(row.epoch) !== batch.epoch) return { kind: 'fenced' };
  const nextOffset = BigInt(row.next_offset);
  if (nextOffset !== batch.readOffset) return { kind: 'moved', nextOffset };
  const sagaDuplicates = await writeSagaEvents(client, topic, partition, facts.sagaEvents);
  await writeDeadLetters(client, topic, partition, facts.deadLetters);
  await writeLearned(client, topic, facts.learned);
  await writePending(client, topic, partition, facts.pending);
  await writeKeyEvents(client, topic, partition, facts.keyEvents);
  await writeKpi(client, facts.buckets, facts.bins);
  const duplicates = facts.duplicates + sagaDuplicates;
  const { rowCount } = await client.query({
    name: 'ingest-advance',
    text: `update ingest_offset set next_offset = $4, last_offset = coalesce($5, last_offset), last_timestamp_ms = coalesce($6, last_timestamp_ms),
        last_hash = coalesce($7, last_hash), last_commit_lsn = $8, last_lsn = $9, last_keys = $10, last_source_ts_us = $18, high_watermark = greatest(high_watermark, $11),
        received = received + $12, counted = counted + $13, duplicates = duplicates + $14, dead_lettered = dead_lettered + $15,
        stopped = null, updated_at = now()
      where consumer = $1 and topic = $2 and part = $3 and epoch = $16 and next_offset = $17`,
    values: [
      consumer,
      topic,
      partition,
      String(batch.nextOffset),
      batch.last === null ? null : String(batch.last.offset),
      batch.last?.timestampMs ?? null,
      batch.last?.hash ?? null,
      batch.countedUpTo.position?.commitLsn ?? null,
      batch.countedUpTo.position?.lsn ?? null,
      [...batch.countedUpTo.keys],
      String(batch.highWatermark),
      facts.received,
      facts.received - duplicates - facts.deadLetters.length,
      duplicates,
      facts.deadLetters.length,
      String(batch.epoch),
      String(batch.readOffset),
      batch.countedUpTo.sourceTsUs,
    ],
  });
  if (rowCount !== 1) throw new BanyanError('fenced', `${topic} partition ${partition} was claimed by another worker`);
  return { kind: 'committed', sagaDuplicates };
}
