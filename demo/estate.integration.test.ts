import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { estateAdmin } from './control/estateAdmin.ts';
import { ownerOf } from './estate/ownership.ts';
import {
  bringToRest,
  changesOnTopics,
  changesTold,
  idsOnTopics,
  numberIn,
  ordersPlaced,
  rowsIn,
  SERVICES,
  stockAccounted,
  stockOf,
  untilOrders,
} from './estateFacts.ts';
import { type EstateUnderTest, startEstateUnderTest } from './estateUnderTest.ts';
import { connectorConfig } from './infra/connectors.ts';
import { demoKafka } from './infra/demoKafka.ts';
import { waitFor } from './waitFor.ts';

const ITEMS = 300;
const RATE = 40;
/** Pieces of all items as they are seeded. */
const PIECES = Array.from({ length: ITEMS }, (_, i) => 100_000 + (((i + 1) * 7919) % 1000)).reduce((a, b) => a + b);
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
  await untilOrders(run, 40);
  await bringToRest(run);
  await expectConsistent(0);
  expect(await stockAccounted(run)).toBe(PIECES);
});

it('hands half of the items over under load, and CDC follows in both directions', async () => {
  const { infra } = run;
  const admin = estateAdmin(run.urls);
  await admin.setRate(RATE);
  await admin.setShares({ reads: 0.5, writes: 0 });
  await infra.putConnector('inventory', connectorConfig('inventory', infra.databases.inventory));
  await admin.setShares({ reads: 1, writes: 0.5 });
  await untilOrders(run, (await ordersPlaced(run)) + 60);
  await bringToRest(run);
  await expectConsistent(0.5);
  expect(await stockAccounted(run)).toBe(PIECES);
  const reservedByService = await numberIn(
    run,
    'inventory',
    `select count(*) n from outbox where type = 'ItemReserved'`,
  );
  expect(reservedByService).toBeGreaterThan(0);
});

it('hands the items back, and no row is left behind', async () => {
  const admin = estateAdmin(run.urls);
  await admin.setRate(RATE);
  await untilOrders(run, (await ordersPlaced(run)) + 20);
  await admin.setShares({ reads: 1, writes: 0 });
  await untilOrders(run, (await ordersPlaced(run)) + 20);
  await bringToRest(run);
  await expectConsistent(0);
  expect(await stockAccounted(run)).toBe(PIECES);
  const epochs = await Promise.all(
    (['monolith', 'inventory'] as const).map((name) =>
      rowsIn(run, name, 'select write_share from ownership_epoch order by epoch'),
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
  await untilOrders(run, (await ordersPlaced(run)) + 20);
  const service = run.processes.get('inventory-service');
  service?.kill();
  expect(await service?.ended).toBe('SIGKILL');
  await untilOrders(run, (await ordersPlaced(run)) + 20);
  await run.start('inventory-service');
  await untilOrders(run, (await ordersPlaced(run)) + 20);
  await bringToRest(run);
  await expectConsistent(0.5, { inTime: false });
});

it('acts out the faults that sit in the service, each while its switch is on', async () => {
  const admin = estateAdmin(run.urls);
  const service = run.urls['inventory-service'];
  const adjust = (itemId: number) => post(`${run.urls.facade}/api/inventory/adjust`, { itemId, delta: 1 });
  const followed = async (itemId: number) => {
    const sql = (table: string) => `select quantity, version::int from ${table} where item_id = ${itemId}`;
    const [left] = await rowsIn(run, 'monolith', sql('inventory'));
    const [right] = await rowsIn(run, 'inventory', sql('stock_level'));
    return left?.version === right?.version ? Number(right?.quantity) - Number(left?.quantity) : undefined;
  };
  const [ofMonolith = 0, another = 0] = Array.from({ length: ITEMS }, (_, i) => i + 1).filter(
    (item) => ownerOf(item, 0.5) === 'monolith',
  );

  await admin.switchFault('inventory-service', 'applier-bug', true, [ofMonolith]);
  await adjust(ofMonolith);
  await adjust(another);
  const soon = { what: 'the change at the service', timeoutMs: 10_000 };
  expect(await waitFor(() => followed(ofMonolith), soon)).not.toBe(0);
  expect(await waitFor(() => followed(another), soon)).toBe(0);
  await admin.switchFault('inventory-service', 'applier-bug', false);
  await adjust(ofMonolith);
  expect(await waitFor(() => followed(ofMonolith), soon)).toBe(0);

  await admin.switchFault('inventory-service', 'pause-applier', true);
  await adjust(another);
  const before = await idOfLastChange(another);
  await waitFor(async () => ((await changesOnTopics(run)).includes(before) ? true : undefined), soon);
  expect(await followed(another)).toBeUndefined();
  await admin.switchFault('inventory-service', 'pause-applier', false);
  expect(await waitFor(() => followed(another), soon)).toBe(0);

  await admin.switchFault('inventory-service', 'slow-reads', true);
  const began = performance.now();
  await jsonAt(`${service}/api/inventory/1`);
  expect(performance.now() - began).toBeGreaterThanOrEqual(80);
  await admin.switchFault('inventory-service', 'slow-reads', false);

  await admin.switchFault('inventory-service', 'read-errors', true);
  const statuses = await Promise.all(
    Array.from({ length: 400 }, async () => (await fetch(`${service}/api/inventory/1`)).status),
  );
  expect(new Set(statuses)).toEqual(new Set([200, 503]));
  await admin.switchFault('inventory-service', 'read-errors', false);
});

it('follows deletions, and passes over what it cannot read', async () => {
  const producer = demoKafka(run.infra.kafka).producer();
  await producer.connect();
  await producer.send({
    topic: 'monolith.public.inventory',
    messages: [0, 1, 2].map((partition) => ({ partition, value: 'no JSON' })),
  });
  const headers = { 'message-id': randomUUID(), type: 'OrderPlaced' };
  await producer.send({
    topic: 'shop.orders',
    messages: [0, 1, 2].map((partition) => ({ partition, headers, value: '{"owner":"monolith"}' })),
  });
  await producer.disconnect();
  const row = `(${ITEMS + 1}, 'new', 5, 0, 9, now())`;
  await rowsIn(run, 'monolith', `insert into inventory values ${row}`);
  const there = async () =>
    (await numberIn(run, 'inventory', `select count(*) n from stock_level where item_id = ${ITEMS + 1}`)) === 1;
  const soon = { what: 'the row at the service', timeoutMs: 10_000 };
  await waitFor(async () => (await there()) || undefined, soon);
  await rowsIn(run, 'monolith', `delete from inventory where item_id = ${ITEMS + 1}`);
  await waitFor(async () => !(await there()) || undefined, soon);
});

it('acts out the faults of the sagas: failed compensations, then orders that nobody answers', async () => {
  const admin = estateAdmin(run.urls);
  const orders = (count: number) =>
    Promise.all(Array.from({ length: count }, () => post(`${run.urls.facade}/api/orders`, { itemId: 1, quantity: 1 })));
  const failed = async () =>
    (await numberIn(run, 'monolith', `select count(*) n from outbox where type = 'ReservationReleaseFailed'`)) +
    (await numberIn(run, 'inventory', `select count(*) n from outbox where type = 'ReservationReleaseFailed'`));
  const ended = async () =>
    (await numberIn(run, 'orders', `select count(*) n from orders where state = 'placed'`)) === 0 ? true : undefined;

  for (const name of ['payments', 'monolith', 'inventory-service'] as const) {
    await admin.switchFault(name, 'failed-compensation', true);
  }
  expect(await failed()).toBe(0);
  await orders(100);
  await waitFor(ended, { what: 'the orders ended', timeoutMs: 20_000 });
  expect(
    await waitFor(async () => (await failed()) || undefined, { what: 'a failed release', timeoutMs: 10_000 }),
  ).toBeGreaterThan(0);
  for (const name of ['payments', 'monolith', 'inventory-service'] as const) {
    await admin.switchFault(name, 'failed-compensation', false);
  }

  await admin.switchFault('payments', 'stuck-saga', true);
  await orders(100);
  const overdue = `select count(*) n from orders where state = 'placed' and created_at < now() - interval '3 s'`;
  await waitFor(async () => (await numberIn(run, 'orders', overdue)) || undefined, {
    what: 'an order without an answer',
    timeoutMs: 20_000,
  });
  await admin.switchFault('payments', 'stuck-saga', false);
  const before = await ordersPlaced(run);
  await orders(50);
  const later = `select count(*) n from (select * from orders order by created_at offset ${before}) o where state = 'placed'`;
  await waitFor(async () => ((await numberIn(run, 'orders', later)) === 0 ? true : undefined), {
    what: 'answers to all later orders',
    timeoutMs: 20_000,
  });
  expect(await numberIn(run, 'orders', overdue)).toBeGreaterThan(0);
});

async function idOfLastChange(itemId: number): Promise<string> {
  const version = await numberIn(run, 'monolith', `select version n from inventory where item_id = ${itemId}`);
  return `monolith ${itemId} ${version}`;
}

async function post(url: string, body: object): Promise<number> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await answer.arrayBuffer();
  return answer.status;
}

async function jsonAt(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}

interface Sent {
  readonly type: string;
  readonly owner: string;
  readonly itemId: number;
}

/** Stock adds up, each saga ended in time and once, and the topics hold exactly what the outboxes say. */
async function expectConsistent(writeShare: number, { inTime } = { inTime: true }): Promise<void> {
  const rows = await stockOf(run, 'monolith');
  expect(rows).toHaveLength(ITEMS);
  expect(rows.every((row) => Number(row.quantity) >= 0 && row.reserved === 0)).toBe(true);

  const adjusted = await sumOf(
    `select coalesce(sum((payload->>'delta')::int), 0) n from outbox where type = 'StockAdjusted'`,
  );
  const consumed = await sumOf(`select coalesce(sum(quantity), 0) n from reservation where state = 'consumed'`);
  const seeded =
    ITEMS * 100_000 + Array.from({ length: ITEMS }, (_, i) => ((i + 1) * 7919) % 1000).reduce((a, b) => a + b, 0);
  expect(rows.reduce((sum, row) => sum + Number(row.quantity), 0)).toBe(seeded + adjusted - consumed);

  const late = (table: string) =>
    rowsIn(
      run,
      'orders',
      `select to_jsonb(t) as saga from ${table} t where ended_at - created_at > interval '10 seconds'`,
    );
  if (inTime) expect([...(await late('orders')), ...(await late('transfers'))]).toEqual([]);

  const wrongSide = (await placedBy()).filter(({ owner, itemId }) => ownerOf(itemId, writeShare) !== owner);
  if (writeShare === 0.5) expect(wrongSide.filter(({ type }) => type === 'newest')).toEqual([]);

  const told: string[] = [];
  for (const name of SERVICES) {
    told.push(...(await rowsIn(run, name, 'select message_id::text as id from outbox')).map((row) => String(row.id)));
  }
  // At least once: a crash between sending and noting it sends the same message-id again.
  expect([...new Set(await idsOnTopics(run))]).toEqual(told.sort());
  expect(await changesOnTopics(run)).toEqual(await changesTold(run));
}

async function sumOf(sql: string): Promise<number> {
  return (await numberIn(run, 'monolith', sql)) + (await numberIn(run, 'inventory', sql));
}

/** Who owned the item of each order when it was placed. */
async function placedBy(): Promise<Sent[]> {
  const rows = await rowsIn(
    run,
    'orders',
    `select owner, item_id::int, case when row_number() over (order by created_at desc) <= 20 then 'newest' else 'older' end as type from orders`,
  );
  return rows.map((row) => ({ type: String(row.type), owner: String(row.owner), itemId: Number(row.item_id) }));
}
