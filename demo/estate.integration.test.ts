import { randomUUID } from 'node:crypto';
import type { EachMessagePayload } from 'kafkajs';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { estateAdmin } from './control/estateAdmin.ts';
import { ownerOf } from './estate/ownership.ts';
import { type EstateUnderTest, startEstateUnderTest } from './estateUnderTest.ts';
import { connectorConfig } from './infra/connectors.ts';
import { demoKafka } from './infra/demoKafka.ts';
import { EVENT_TOPICS } from './infra/topics.ts';
import { waitFor } from './waitFor.ts';

const ITEMS = 300;
const RATE = 40;
let run: EstateUnderTest;
let stop: () => Promise<void> = async () => undefined;

beforeAll(async () => {
  run = await startEstateUnderTest('embedded', ITEMS, RATE);
  stop = run.stop;
  await run.start('load');
});
afterAll(async () => {
  await stop();
});

it('loses, repeats and leaves open nothing while the monolith owns all the stock', async () => {
  await untilOrders(40);
  await bringToRest();
  await expectConsistent(0);
});

it('hands half of the items over under load, and CDC follows in both directions', async () => {
  const { infra } = run;
  const admin = estateAdmin(run.urls);
  await admin.setRate(RATE);
  await admin.setShares({ reads: 0.5, writes: 0 });
  await infra.putConnector('inventory', connectorConfig('inventory', infra.databases.inventory));
  await admin.setShares({ reads: 1, writes: 0.5 });
  await untilOrders((await ordersPlaced()) + 60);
  await bringToRest();
  await expectConsistent(0.5);
  const reservedByService = await numberIn('inventory', `select count(*) n from outbox where type = 'ItemReserved'`);
  expect(reservedByService).toBeGreaterThan(0);
});

it('hands the items back, and no row is left behind', async () => {
  const admin = estateAdmin(run.urls);
  await admin.setRate(RATE);
  await untilOrders((await ordersPlaced()) + 20);
  await admin.setShares({ reads: 1, writes: 0 });
  await untilOrders((await ordersPlaced()) + 20);
  await bringToRest();
  await expectConsistent(0);
  const epochs = await Promise.all(
    (['monolith', 'inventory'] as const).map((name) =>
      rowsIn(name, 'select write_share from ownership_epoch order by epoch'),
    ),
  );
  expect(epochs[0]).toEqual([{ write_share: 0.5 }, { write_share: 0 }]);
  expect(epochs[1]).toEqual(epochs[0]);
});

it('answered every request on every route, and both routes were taken', async () => {
  const counters = Object.entries(await jsonAt(`${run.urls.facade}/admin/counters`));
  expect(counters.filter(([key]) => !key.endsWith(' 2xx'))).toEqual([]);
  const routes = new Set(counters.map(([key]) => key));
  for (const key of ['get-inventory legacy', 'get-inventory service', 'adjust legacy', 'adjust service']) {
    expect(routes).toContain(`${key} 2xx`);
  }
  const ledger = await jsonAt(`${run.urls.load}/ledger`);
  expect(JSON.stringify(ledger.counts)).not.toMatch(/failed|unknown|refused/);
  expect(ledger.shed).toBe(0);
});

it('comes through a kill -9 of the service under load with every change applied once', async () => {
  const admin = estateAdmin(run.urls);
  await admin.setShares({ reads: 0.5, writes: 0.5 });
  await admin.setRate(RATE);
  await untilOrders((await ordersPlaced()) + 20);
  const service = run.processes.get('inventory-service');
  service?.kill();
  expect(await service?.ended).toBe('SIGKILL');
  await untilOrders((await ordersPlaced()) + 20);
  await run.start('inventory-service');
  await untilOrders((await ordersPlaced()) + 20);
  await bringToRest();
  await expectConsistent(0.5, { inTime: false });
});

async function jsonAt(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}

type Database = 'monolith' | 'inventory' | 'orders' | 'payments';
const SERVICES: readonly Database[] = ['monolith', 'inventory', 'orders', 'payments'];

async function rowsIn(database: Database, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(run.infra.databases[database]);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function numberIn(database: Database, sql: string): Promise<number> {
  return Number((await rowsIn(database, sql))[0]?.n ?? 0);
}

const ordersPlaced = () => numberIn('orders', 'select count(*) n from orders');

async function untilOrders(count: number): Promise<void> {
  await waitFor(async () => ((await ordersPlaced()) >= count ? true : undefined), {
    what: `${count} orders placed`,
    timeoutMs: 60_000,
  });
}

const stockOf = (side: 'monolith' | 'inventory') =>
  rowsIn(
    side,
    `select item_id::int, sku, quantity, reserved, version::int, updated_at::text
       from ${side === 'monolith' ? 'inventory' : 'stock_level'} order by item_id`,
  );

/** Stops the load and waits until every saga has ended, every message is sent and both sides agree. */
async function bringToRest(): Promise<void> {
  await estateAdmin(run.urls).setRate(0);
  await waitFor(
    async () => {
      const open =
        (await numberIn('orders', `select count(*) n from orders where state = 'placed'`)) +
        (await numberIn('orders', 'select count(*) n from transfers where ended_at is null')) +
        (await numberIn('monolith', `select count(*) n from reservation where state = 'held'`)) +
        (await numberIn('inventory', `select count(*) n from reservation where state = 'held'`));
      let waiting = 0;
      for (const name of SERVICES) {
        waiting += await numberIn(name, 'select count(*) n from outbox where sent_at is null');
      }
      if (open > 0) throw new Error(`${open} sagas or reservations are open`);
      if (waiting > 0) throw new Error(`${waiting} messages wait in an outbox`);
      const [left, right] = [await stockOf('monolith'), await stockOf('inventory')];
      const differing = left.filter((row, at) => JSON.stringify(row) !== JSON.stringify(right[at]));
      if (differing.length > 0) throw new Error(`${differing.length} rows differ: ${JSON.stringify(differing[0])}`);
      return true;
    },
    { what: 'the estate at rest', timeoutMs: 30_000 },
  );
}

interface Sent {
  readonly type: string;
  readonly owner: string;
  readonly itemId: number;
}

/** Stock adds up, each saga ended in time and once, and the topics hold exactly what the outboxes say. */
async function expectConsistent(writeShare: number, { inTime } = { inTime: true }): Promise<void> {
  const rows = await stockOf('monolith');
  expect(rows).toHaveLength(ITEMS);
  expect(rows.every((row) => Number(row.quantity) >= 0 && row.reserved === 0)).toBe(true);

  const adjusted = await sumOf(
    `select coalesce(sum((payload->>'delta')::int), 0) n from outbox where type = 'StockAdjusted'`,
  );
  const consumed = await sumOf(`select coalesce(sum(quantity), 0) n from reservation where state = 'consumed'`);
  const seeded =
    ITEMS * 100_000 + Array.from({ length: ITEMS }, (_, i) => ((i + 1) * 7919) % 1000).reduce((a, b) => a + b, 0);
  expect(rows.reduce((sum, row) => sum + Number(row.quantity), 0)).toBe(seeded + adjusted - consumed);

  const late = `ended_at - created_at > interval '10 seconds'`;
  if (inTime) {
    expect(await numberIn('orders', `select count(*) n from orders where ${late}`)).toBe(0);
    expect(await numberIn('orders', `select count(*) n from transfers where ${late}`)).toBe(0);
  }

  const wrongSide = (await placedBy()).filter(({ owner, itemId }) => ownerOf(itemId, writeShare) !== owner);
  if (writeShare === 0.5) expect(wrongSide.filter(({ type }) => type === 'newest')).toEqual([]);

  const told: string[] = [];
  for (const name of SERVICES) {
    told.push(...(await rowsIn(name, 'select message_id::text as id from outbox')).map((row) => String(row.id)));
  }
  // At least once: a crash between sending and noting it sends the same message-id again.
  expect([...new Set(await idsOnTopics())]).toEqual(told.sort());
  expect(await changesOnTopics()).toEqual(await changesTold());
}

async function sumOf(sql: string): Promise<number> {
  return (await numberIn('monolith', sql)) + (await numberIn('inventory', sql));
}

/** Who owned the item of each order when it was placed. */
async function placedBy(): Promise<Sent[]> {
  const rows = await rowsIn(
    'orders',
    `select owner, item_id::int, case when row_number() over (order by created_at desc) <= 20 then 'newest' else 'older' end as type from orders`,
  );
  return rows.map((row) => ({ type: String(row.type), owner: String(row.owner), itemId: Number(row.item_id) }));
}

/** What the databases say CDC must bring: item and version of each change outside the appliers. */
async function changesTold(): Promise<string[]> {
  const told = [];
  for (const side of ['monolith', 'inventory'] as const) {
    const rows = await rowsIn(side, 'select item_id::int, version::int from cdc_ledger');
    told.push(...rows.map((row) => `${side} ${row.item_id} ${row.version}`));
  }
  return told.sort();
}

/** The changes on the CDC topics, without snapshot reads and repeats. */
async function changesOnTopics(): Promise<string[]> {
  const changes = new Set<string>();
  await readTopics(['monolith.public.inventory', 'inventory.public.stock_level'], ({ topic, message }) => {
    if (message.value === null) return;
    const { op, after } = JSON.parse(message.value.toString());
    if (op !== 'r') changes.add(`${topic.split('.')[0]} ${after.item_id} ${after.version}`);
  });
  return [...changes].sort();
}

/** The message ids of all domain and saga messages, sorted, each as often as it is there. */
async function idsOnTopics(): Promise<string[]> {
  const ids: string[] = [];
  await readTopics(
    EVENT_TOPICS.map(({ topic }) => topic),
    ({ message }) => ids.push(String(message.headers?.['message-id'])),
  );
  return ids.sort();
}

/** Reads the topics from their beginning to where they end now. */
async function readTopics(topics: string[], take: (record: EachMessagePayload) => void): Promise<void> {
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
