import { randomUUID } from 'node:crypto';
import { SpanKind } from '@opentelemetry/api';
import type { Producer } from 'kafkajs';
import type { Pool, PoolClient } from 'pg';
import { log, messageOf } from './log.ts';
import { type Carrier, carrierOf, contextOf, inSpan } from './telemetry.ts';

/** A message that a service wants to leave with its own transaction. */
export interface OutboxMessage {
  readonly topic: string;
  /** Saga id for saga messages, item id for plain domain events. */
  readonly key: string;
  readonly type: string;
  /** place-order, transfer-stock; absent on plain domain events. */
  readonly saga?: string;
  readonly correlationId: string;
  /** A random one is made if none is given. */
  readonly messageId?: string;
  /** message-id of the cause. */
  readonly causationId?: string;
  readonly payload: object;
}

/** Writes messages into the outbox, in the caller's transaction and with the trace context of the moment. */
export async function putOutbox(
  client: PoolClient,
  service: string,
  messages: readonly OutboxMessage[],
): Promise<void> {
  if (messages.length === 0) return;
  const rows = messages.map((message) => {
    const messageId = message.messageId ?? randomUUID();
    const headers: Carrier = {
      'message-id': messageId,
      'correlation-id': message.correlationId,
      type: message.type,
      service,
      'occurred-at': new Date().toISOString(),
      ...carrierOf(),
    };
    if (message.saga !== undefined) headers.saga = message.saga;
    if (message.causationId !== undefined) headers['causation-id'] = message.causationId;
    return { messageId, headers: JSON.stringify(headers), message };
  });
  await client.query(
    `insert into outbox (message_id, topic, key, type, headers, payload)
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::jsonb[])`,
    [
      rows.map((row) => row.messageId),
      rows.map((row) => row.message.topic),
      rows.map((row) => row.message.key),
      rows.map((row) => row.message.type),
      rows.map((row) => row.headers),
      rows.map((row) => JSON.stringify(row.message.payload)),
    ],
  );
}

interface WaitingRow {
  seq: string;
  topic: string;
  key: string;
  headers: Carrier;
  payload: object;
}

export interface Relay {
  /** Looks at once instead of at the next poll; call it after a commit. */
  wake(): void;
  stop(): Promise<void>;
}

const BATCH = 500;
/** What this process writes wakes the relay at once; the poll finds what a crash left behind. */
const POLL_MS = 250;

/**
 * The one relay of a service: sends waiting messages in order and marks them sent. A crash between the two sends them
 * again with the same message-id.
 */
export function startRelay(pool: Pool, producer: Producer, service: string): Relay {
  let stopping = false;
  let wake: () => void = () => undefined;
  let isAwake = false;

  const loop = (async () => {
    while (!stopping) {
      let sent = 0;
      try {
        sent = await relayOnce(pool, producer);
      } catch (error) {
        log(service, `the outbox waits: ${messageOf(error)}`);
      }
      if (sent === BATCH || isAwake) {
        isAwake = false;
        continue;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      isAwake = false;
    }
  })();

  return {
    wake() {
      isAwake = true;
      wake();
    },
    async stop() {
      stopping = true;
      wake();
      await loop;
    },
  };
}

async function relayOnce(pool: Pool, producer: Producer): Promise<number> {
  const { rows } = await pool.query<WaitingRow>(
    'select seq, topic, key, headers, payload from outbox where sent_at is null order by seq limit $1',
    [BATCH],
  );
  if (rows.length === 0) return 0;
  const byTopic = Map.groupBy(rows, (row) => row.topic);
  const topicMessages = await Promise.all(
    [...byTopic].map(async ([topic, waiting]) => ({
      topic,
      messages: await Promise.all(
        waiting.map(async (row) => ({
          key: row.key,
          value: JSON.stringify(row.payload),
          headers: await publishedHeaders(topic, row.headers),
        })),
      ),
    })),
  );
  await producer.sendBatch({ acks: -1, topicMessages });
  await pool.query('update outbox set sent_at = now() where seq = any ($1::bigint[])', [rows.map((row) => row.seq)]);
  return rows.length;
}

/** The stored headers, their trace context moved on to the span of the publication. */
function publishedHeaders(topic: string, headers: Carrier): Promise<Carrier> {
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': topic,
    'messaging.message.id': headers['message-id'] ?? '',
    'messaging.message.conversation_id': headers['correlation-id'] ?? '',
  };
  return inSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, contextOf(headers), async () => ({
    ...headers,
    ...carrierOf(),
  }));
}
