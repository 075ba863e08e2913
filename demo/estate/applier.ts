import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import pg from 'pg';
import type { FaultSwitches } from './faultSwitches.ts';
import { consumerOf, untilTopicsExist } from './kafka.ts';
import { log, messageOf } from './log.ts';
import type { StockTable } from './stock.ts';

interface StockRow {
  item_id: number;
  sku: string;
  quantity: number;
  reserved: number;
  version: number;
  updated_at: string;
}

/** The row that an event left, or the one that it deleted. */
interface RowChange extends StockRow {
  readonly isGone: boolean;
}

export interface ApplierOptions {
  readonly kafka: Kafka;
  readonly service: string;
  readonly groupId: string;
  readonly topic: string;
  readonly databaseUrl: string;
  readonly table: StockTable;
  /** Replication origin of its session: CDC with origin=none leaves out what it writes, so that nothing echoes. */
  readonly origin: string;
  /** False for items that this side owns: their own events coming back are not applied. */
  readonly follows: (itemId: number) => boolean;
  readonly faults: FaultSwitches;
}

export interface Applier {
  /** Events applied, passed over because this side owns the item, and not decodable. */
  readonly counts: { applied: number; owned: number; undecodable: number };
  stop(): Promise<void>;
}

/**
 * Applies the other side's change events: rows and position move in one transaction. Events that came before are
 * dropped by the row's version.
 */
export async function startApplier(options: ApplierOptions): Promise<Applier> {
  const { kafka, topic, service } = options;
  const counts = { applied: 0, owned: 0, undecodable: 0 };
  await untilTopicsExist(kafka, [topic]);
  const session = new OriginSession(options.databaseUrl, options.origin, service);
  const consumer = consumerOf(kafka, options.groupId);
  consumer.on(consumer.events.GROUP_JOIN, async ({ payload }) => {
    for (const partition of payload.memberAssignment[topic] ?? []) {
      const position = await positionOf(options.databaseUrl, topic, partition);
      if (position !== null) consumer.seek({ topic, partition, offset: position });
    }
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: (batch) => applyBatch(options, session, consumer, counts, batch),
  });
  return {
    counts,
    async stop() {
      await consumer.disconnect();
      await session.end();
    },
  };
}

async function applyBatch(
  options: ApplierOptions,
  session: OriginSession,
  consumer: Consumer,
  counts: Applier['counts'],
  { batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload,
): Promise<void> {
  while (options.faults.isOn('pause-applier') && isRunning() && !isStale()) {
    await heartbeat();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  if (!isRunning() || isStale() || batch.messages.length === 0) return;
  const gone = new Map<number, StockRow>();
  const newest = new Map<number, StockRow>();
  for (const message of batch.messages) {
    const row = message.value === null ? null : decode(message.value);
    if (row === null) continue;
    if (row === 'undecodable') {
      counts.undecodable += 1;
      log(options.service, `${batch.topic}/${batch.partition}@${message.offset} can't be decoded and is passed over`);
    } else if (!options.follows(row.item_id)) {
      counts.owned += 1;
    } else if (row.isGone) {
      counts.applied += 1;
      gone.set(row.item_id, row);
      newest.delete(row.item_id);
    } else if ((newest.get(row.item_id)?.version ?? -1) < row.version) {
      counts.applied += 1;
      const wrong = options.faults.hits('applier-bug', row.item_id) ? 1 : 0;
      newest.set(row.item_id, { ...row, quantity: row.quantity + wrong });
    }
  }
  const next = (BigInt(batch.lastOffset()) + 1n).toString();
  await session.run((client) =>
    write(
      client,
      options,
      batch.topic,
      batch.partition,
      next,
      [...gone.values()],
      [...newest.values()].sort((a, b) => a.item_id - b.item_id),
    ),
  );
  resolveOffset(batch.lastOffset());
  await heartbeat();
  // For lag tools only: the position that counts is in the database.
  await consumer
    .commitOffsets([{ topic: batch.topic, partition: batch.partition, offset: next }])
    .catch((error) => log(options.service, `the group's offset was not committed: ${messageOf(error)}`));
}

async function write(
  client: pg.Client,
  { table }: ApplierOptions,
  topic: string,
  partition: number,
  next: string,
  gone: readonly StockRow[],
  rows: readonly StockRow[],
): Promise<void> {
  await client.query('begin');
  try {
    // Deletions first: a deleted row that was inserted again begins with a low version.
    if (gone.length > 0) {
      await client.query(
        `delete from ${table} as t using unnest($1::bigint[], $2::bigint[]) as g (item_id, version)
         where t.item_id = g.item_id and t.version <= g.version`,
        [gone.map((row) => row.item_id), gone.map((row) => row.version)],
      );
    }
    if (rows.length > 0) {
      await client.query(
        `insert into ${table} as t (item_id, sku, quantity, reserved, version, updated_at)
         select * from unnest($1::bigint[], $2::text[], $3::int[], $4::int[], $5::bigint[], $6::timestamptz[])
         on conflict (item_id) do update set sku = excluded.sku, quantity = excluded.quantity,
           reserved = excluded.reserved, version = excluded.version, updated_at = excluded.updated_at
         where t.version < excluded.version`,
        [
          rows.map((row) => row.item_id),
          rows.map((row) => row.sku),
          rows.map((row) => row.quantity),
          rows.map((row) => row.reserved),
          rows.map((row) => row.version),
          rows.map((row) => row.updated_at),
        ],
      );
    }
    await client.query(
      `insert into applied_offset as a values ($1, $2, $3) on conflict (topic, partition)
       do update set next_offset = greatest(a.next_offset, excluded.next_offset)`,
      [topic, partition, next],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

function decode(value: Buffer): RowChange | 'undecodable' {
  try {
    const parsed = JSON.parse(value.toString());
    const { op, before, after } = parsed.payload ?? parsed;
    const isGone = op === 'd';
    const row = isGone ? before : after;
    const numbers = [row.item_id, row.quantity, row.reserved, row.version];
    const texts = [row.sku, row.updated_at];
    const fits = numbers.every(Number.isSafeInteger) && texts.every((text) => typeof text === 'string');
    return fits ? { ...row, isGone } : 'undecodable';
  } catch {
    return 'undecodable';
  }
}

async function positionOf(url: string, topic: string, partition: number): Promise<string | null> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ next_offset: string }>(
      'select next_offset from applied_offset where topic = $1 and partition = $2',
      [topic, partition],
    );
    return rows[0]?.next_offset ?? null;
  } finally {
    await client.end();
  }
}

/** One connection under a replication origin, made again when it breaks: the origin belongs to one session at a time. */
class OriginSession {
  #client: pg.Client | undefined;
  readonly #url: string;
  readonly #origin: string;
  readonly #service: string;

  constructor(url: string, origin: string, service: string) {
    this.#url = url;
    this.#origin = origin;
    this.#service = service;
  }

  async run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = this.#client ?? (await this.#open());
    this.#client = client;
    try {
      return await work(client);
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  async end(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #open(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.#url, application_name: this.#service });
    client.on('error', () => {
      this.#client = undefined;
    });
    await client.connect();
    await client.query('select pg_replication_origin_session_setup($1)', [this.#origin]);
    return client;
  }
}
