import { randomUUID } from 'node:crypto';
import type { EachMessagePayload } from 'kafkajs';
import pg from 'pg';
import { estateAdmin } from './control/estateAdmin.ts';
import { readLedger } from './estate/ledger.ts';
import type { EstateUnderTest } from './estateUnderTest.ts';
import { demoKafka } from './infra/demoKafka.ts';
import { EVENT_TOPICS } from './infra/topics.ts';
import { stockAccountedFor } from './stockInvariant.ts';
import { waitFor } from './waitFor.ts';

export type Database = 'monolith' | 'inventory' | 'orders' | 'payments';
export const SERVICES: readonly Database[] = ['monolith', 'inventory', 'orders', 'payments'];

/** The rows of a query at one service's database. */
export async function rowsIn(
  run: EstateUnderTest,
  database: Database,
  sql: string,
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(run.infra.databases[database]);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The column n of a query's only row. */
export async function numberIn(run: EstateUnderTest, database: Database, sql: string): Promise<number> {
  return Number((await rowsIn(run, database, sql))[0]?.n ?? 0);
}

/** The sum that Banyan watches in the demo: exact while nothing is on its way. */
export async function stockAccounted(run: EstateUnderTest): Promise<number> {
  let sum = 0;
  for (const { database, sql } of stockAccountedFor.parts) sum += await numberIn(run, database, `select (${sql}) n`);
  return sum;
}

/** How many orders there are. */
export const ordersPlaced = (run: EstateUnderTest): Promise<number> =>
  numberIn(run, 'orders', 'select count(*) n from orders');

/** Waits until so many orders have been placed, all in all. */
export async function untilOrders(run: EstateUnderTest, count: number): Promise<void> {
  await waitFor(async () => ((await ordersPlaced(run)) >= count ? true : undefined), {
    what: `${count} orders placed`,
    timeoutMs: 60_000,
  });
}

/** All rows of one side. */
export const stockOf = (run: EstateUnderTest, side: 'monolith' | 'inventory'): Promise<Record<string, unknown>[]> =>
  rowsIn(
    run,
    side,
    `select item_id::int, sku, quantity, reserved, version::int, updated_at::text
       from ${side === 'monolith' ? 'inventory' : 'stock_level'} order by item_id`,
  );

/** Stops the load and waits until every saga has ended, every message is sent and both sides agree. */
export async function bringToRest(run: EstateUnderTest): Promise<void> {
  await estateAdmin(run.urls).setRate(0);
  await waitFor(
    async () => {
      const open =
        (await numberIn(run, 'orders', `select count(*) n from orders where state = 'placed'`)) +
        (await numberIn(run, 'orders', 'select count(*) n from transfers where ended_at is null')) +
        (await numberIn(run, 'monolith', `select count(*) n from reservation where state = 'held'`)) +
        (await numberIn(run, 'inventory', `select count(*) n from reservation where state = 'held'`));
      const { unsent } = await readLedger(run.infra.databases);
      if (open > 0) throw new Error(`${open} sagas or reservations are open`);
      if (unsent > 0) throw new Error(`${unsent} messages wait in an outbox`);
      const [left, right] = [await stockOf(run, 'monolith'), await stockOf(run, 'inventory')];
      const differing = left.filter((row, at) => JSON.stringify(row) !== JSON.stringify(right[at]));
      if (differing.length > 0) throw new Error(`${differing.length} rows differ: ${JSON.stringify(differing[0])}`);
      return true;
    },
    { what: 'the estate at rest', timeoutMs: 30_000 },
  );
}

/** What the databases say CDC must bring: item and version of each change outside the appliers. */
export async function changesTold(run: EstateUnderTest): Promise<string[]> {
  const told = [];
  for (const side of ['monolith', 'inventory'] as const) {
    const rows = await rowsIn(run, side, 'select item_id::int, version::int from cdc_ledger');
    told.push(...rows.map((row) => `${side} ${row.item_id} ${row.version}`));
  }
  return told.sort();
}

/** The changes on the CDC topics, without snapshot reads and repeats. */
export async function changesOnTopics(run: EstateUnderTest): Promise<string[]> {
  const changes = new Set<string>();
  await readTopics(run, ['monolith.public.inventory', 'inventory.public.stock_level'], ({ topic, message }) => {
    if (message.value === null) return;
    const { op, after } = JSON.parse(message.value.toString());
    if (op !== 'r') changes.add(`${topic.split('.')[0]} ${after.item_id} ${after.version}`);
  });
  return [...changes].sort();
}

/** The message ids of all domain and saga messages, sorted, each as often as it is there. */
export async function idsOnTopics(run: EstateUnderTest): Promise<string[]> {
  const ids: string[] = [];
  await readTopics(
    run,
    EVENT_TOPICS.map(({ topic }) => topic),
    ({ message }) => ids.push(String(message.headers?.['message-id'])),
  );
  return ids.sort();
}

/** Reads the topics from their beginning to where they end now. */
async function readTopics(
  run: EstateUnderTest,
  topics: string[],
  take: (record: EachMessagePayload) => void,
): Promise<void> {
  const kafka = demoKafka(run.infra.kafka);
  const admin = kafka.admin();
  await admin.connect();
  const missing = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (high !== low) missing.set(`${topic}/${partition}`, BigInt(high));
    }
  }
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}`, maxWaitTimeInMs: 200 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async (record) => {
        take(record);
        const place = `${record.topic}/${record.partition}`;
        if (BigInt(record.message.offset) + 1n >= (missing.get(place) ?? 0n)) missing.delete(place);
      },
    });
    await waitFor(() => (missing.size === 0 ? true : undefined), { what: 'the end of the topics', timeoutMs: 20_000 });
  } finally {
    await consumer.disconnect();
  }
}
