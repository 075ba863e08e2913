import type { Kafka, KafkaMessage } from 'kafkajs';
import type { Pool, PoolClient } from 'pg';
import { BadInput } from './jsonBody.ts';
import { consumerOf, untilTopicsExist } from './kafka.ts';
import { log, messageOf } from './log.ts';
import { type Carrier, consumerSpan, contextOf, inSpan } from './telemetry.ts';

/** A domain or saga message, decoded. */
export interface Incoming {
  readonly topic: string;
  readonly messageId: string;
  readonly correlationId: string;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface MessageConsumerOptions {
  readonly kafka: Kafka;
  readonly service: string;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly pool: Pool;
  /** Types that this service acts on; others are passed over. */
  readonly types: ReadonlySet<string>;
  /** Acts on one message, in the batch's transaction. */
  readonly handle: (client: PoolClient, message: Incoming) => Promise<void>;
  readonly afterCommit: () => void;
}

interface Located {
  readonly message: Incoming;
  readonly carrier: Carrier;
  readonly partition: number;
  readonly offset: string;
}

const CHUNK = 100;

/**
 * Consumes messages, each acted on once: its id is remembered in the transaction of what it caused. Resolves when the
 * first messages can be read.
 */
export async function startMessageConsumer(options: MessageConsumerOptions): Promise<() => Promise<void>> {
  const { kafka, topics, service, pool } = options;
  await untilTopicsExist(kafka, topics);
  const consumer = consumerOf(kafka, options.groupId);
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve());
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: true,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
      for (let from = 0; from < batch.messages.length && isRunning() && !isStale(); from += CHUNK) {
        const chunk = batch.messages.slice(from, from + CHUNK);
        const wanted = chunk.flatMap((raw) => decode(service, batch.topic, batch.partition, raw) ?? []);
        const acted = wanted.filter(({ message }) => options.types.has(message.type));
        if (acted.length > 0) await inTransaction(pool, (client) => handleAll(client, acted, options));
        options.afterCommit();
        const last = chunk.at(-1);
        if (last !== undefined) resolveOffset(last.offset);
        await heartbeat();
      }
    },
  });
  await joined;
  const purge = setInterval(() => {
    pool.query(`delete from processed_message where at < now() - interval '2 hours'`).catch(() => undefined);
  }, 60_000);
  return async () => {
    clearInterval(purge);
    await consumer.disconnect();
  };
}

async function handleAll(
  client: PoolClient,
  messages: readonly Located[],
  { handle, service }: MessageConsumerOptions,
): Promise<void> {
  const { rows } = await client.query<{ message_id: string }>(
    `insert into processed_message (message_id) select distinct unnest($1::text[]) on conflict do nothing
     returning message_id`,
    [messages.map(({ message }) => message.messageId)],
  );
  const fresh = new Set(rows.map((row) => row.message_id));
  for (const { message, carrier, partition, offset } of messages) {
    if (!fresh.delete(message.messageId)) continue;
    const parent = contextOf(carrier);
    await inSpan(`process ${message.type}`, consumerSpan(message.topic, partition, offset, parent), parent, (span) => {
      span.setAttribute('messaging.message.id', message.messageId);
      span.setAttribute('messaging.message.conversation_id', message.correlationId);
      return handle(client, message);
    }).catch((error: unknown) => {
      // A message that makes no sense must not hold up those behind it; anything else is tried again.
      if (!(error instanceof BadInput)) throw error;
      log(service, `${message.topic}/${partition}@${offset} is passed over: ${error.message}`);
    });
  }
}

/** Runs the work in one transaction. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    client.release();
    throw error;
  }
}

function decode(service: string, topic: string, partition: number, raw: KafkaMessage): Located | undefined {
  const carrier: Carrier = {};
  for (const [name, value] of Object.entries(raw.headers ?? {})) {
    if (value !== undefined) carrier[name] = String(value);
  }
  try {
    const payload: unknown = JSON.parse(raw.value?.toString() ?? '');
    const messageId = carrier['message-id'];
    const { type } = carrier;
    if (messageId === undefined || type === undefined || !isRecord(payload)) throw new Error('headers or body missing');
    const message = { topic, messageId, correlationId: carrier['correlation-id'] ?? '', type, payload };
    return { message, carrier, partition, offset: raw.offset };
  } catch (error) {
    log(service, `${topic}/${partition}@${raw.offset} is passed over: ${messageOf(error)}`);
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
