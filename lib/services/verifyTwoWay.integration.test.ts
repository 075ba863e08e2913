import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../tools/testDatabase.ts';
import { READ_ONLY, urlOfNewRole } from '../../tools/testReadOnlyRole.ts';
import { TestReplication } from '../../tools/testReplication.ts';
import { PostgresKeyReader } from '../adapters/postgres/postgresKeyReader.ts';
import { PostgresRowReader } from '../adapters/postgres/postgresRowReader.ts';
import { SourceDatabase } from '../adapters/postgres/sourceDatabase.ts';
import { type Database, openDatabase } from '../adapters/store/database.ts';
import { StoredVerification } from '../adapters/store/verifyStore.ts';
import type { TableMapping } from '../core/migration/definition.ts';
import type { VerifiedPartition } from '../ports/continuousStore.ts';
import { followTopics } from './followTopics.ts';
import { type VerifiedTable, verifiedTable, windowsOf } from './verifiedTable.ts';
import { verifyKeys } from './verifyKeys.ts';
import { verifyTable } from './verifyTable.ts';

const APPLIED = { kind: 'table', query: 'select partition, next_offset from applied_offset where topic = $1' } as const;
const MAPPING: TableMapping = {
  id: 'inventory',
  source: { database: 'monolith', schema: 'public', table: 'inventory', key: ['item_id'] },
  target: { database: 'inventory', schema: 'public', table: 'stock_level', key: ['item_id'] },
  columns: [{ from: 'quantity', to: 'quantity', compare: 'exact' }],
  topic: 'there',
  applied: APPLIED,
  reverse: { topic: 'back', applied: APPLIED },
};

let store: Database;
let source: pg.Pool;
let target: pg.Pool;
let from: SourceDatabase;
let to: SourceDatabase;
let there: TestReplication;
let back: TestReplication;
let table: VerifiedTable;

beforeEach(async () => {
  store = await openDatabase({ url: await createTestDatabase('two_way'), applicationName: 'test', migrate: true });
  const [sourceUrl, targetUrl] = [await createTestDatabase('two_way_a'), await createTestDatabase('two_way_b')];
  source = new pg.Pool({ connectionString: sourceUrl });
  target = new pg.Pool({ connectionString: targetUrl });
  for (const [pool, name] of [[source, 'inventory'] as const, [target, 'stock_level'] as const]) {
    await pool.query(`create table ${name} (item_id bigint primary key, quantity int not null)`);
    await pool.query(`alter table ${name} replica identity full`);
  }
  const shared = { key: 'item_id', columns: ['quantity'] };
  const [inventory, stock] = ['inventory', 'stock_level'];
  there = new TestReplication({
    ...shared,
    topic: 'there',
    sourceUrl,
    targetUrl,
    sourceTable: `public.${inventory}`,
    targetTable: stock,
  });
  back = new TestReplication({
    ...shared,
    topic: 'back',
    sourceUrl: targetUrl,
    targetUrl: sourceUrl,
    sourceTable: `public.${stock}`,
    targetTable: inventory,
  });
  await there.open();
  await back.open();
  from = new SourceDatabase({ id: 'monolith', url: await urlOfNewRole(sourceUrl, READ_ONLY), rowsPerSec: 1e6 });
  to = new SourceDatabase({ id: 'inventory', url: await urlOfNewRole(targetUrl, READ_ONLY), rowsPerSec: 1e6 });
  await source.query('insert into inventory select i, 100 from generate_series(1, 100) i');
  await there.drained();
  table = await follow(MAPPING);
});

/** A verifier that begins now, with so many events of history; `verifiedThere` is how far it had come on the way there. */
async function follow(
  mapping: TableMapping,
  history = 5_000n,
  verifiedThere: ReadonlyMap<number, VerifiedPartition> = new Map(),
): Promise<VerifiedTable> {
  const table = verifiedTable({
    context: 'inventory',
    mapping,
    reader: new PostgresRowReader(mapping, from, to),
    keyReader: new PostgresKeyReader(mapping, from, to),
    store: new StoredVerification(store.pool, 'banyan'),
    log: { ranges: async (topics) => new Map([...(await there.ranges(topics)), ...(await back.ranges(topics))]) },
    fence: there,
    reverseFence: back,
    clock: { nowMs: Date.now },
    ids: { next: randomUUID },
    pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    limits: { patienceMs: 1_000 },
  });
  const windows = windowsOf(table);
  for (const source of [there, back]) {
    followTopics({
      source: source.reader(),
      windows: windows.filter(({ topic }) => topic === source.topic),
      verifiedTo: async (topic) => (topic === 'there' ? verifiedThere : new Map()),
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      reported: () => undefined,
      history,
    });
  }
  await expect.poll(() => windows.map(({ partitions }) => partitions.length)).toEqual([3, 3]);
  return table;
}

afterEach(async () => {
  await Promise.all([there.close(), back.close()]);
  await Promise.all([from.close(), to.close(), source.end(), target.end(), store.close()]);
});

async function findings(): Promise<Record<string, string>> {
  await verifyTable(table, 'worker', new AbortController().signal);
  const { rows } = await store.pool.query(
    `select key, state, leg from divergence where resolved_at is null order by key::bigint`,
  );
  return Object.fromEntries(rows.map((row) => [row.key, `${row.state} ${row.leg}`]));
}

describe('both sides write, each its own keys', () => {
  it('proves nothing on healthy traffic', async () => {
    let stop = false;
    const writing = (async () => {
      for (let i = 0; !stop; i += 1) {
        await source.query('update inventory set quantity = quantity + 1 where item_id = $1', [1 + (i % 50)]);
        await target.query('update stock_level set quantity = quantity - 1 where item_id = $1', [51 + (i % 50)]);
        do await sleep(5);
        while (there.backlog + back.backlog > 20);
      }
    })();
    for (let i = 0; i < 4; i += 1) {
      expect(Object.values(await findings()).filter((finding) => finding.startsWith('DIVERGED'))).toEqual([]);
    }
    stop = true;
    await writing;
    await Promise.all([there.drained(), back.drained()]);
    expect(await findings()).toEqual({});
  });

  it('waits for the way back, then names the applier that skipped and the hand that wrote past it', async () => {
    back.applierPaused = true;
    await target.query('update stock_level set quantity = 7 where item_id = 60');
    expect(await findings()).toEqual({ 60: 'PENDING unknown' });
    back.applierPaused = false;
    await back.drained();
    expect(await findings()).toEqual({});

    there.skippedKeys.add('10');
    await source.query('update inventory set quantity = 5 where item_id = 10');
    back.skippedKeys.add('20');
    await target.query('update stock_level set quantity = 6 where item_id = 20');
    there.lostKeys.add('30');
    await source.query('update inventory set quantity = 8 where item_id = 30');
    await Promise.all([there.drained(), back.drained()]);
    expect(await findings()).toEqual({ 10: 'DIVERGED apply', 20: 'DIVERGED rogue_write', 30: 'DIVERGED capture' });
  });
});

/** Who owns which row, in both databases: a row that is not named belongs to the source and never changed hands. */
const OWNERS = `select k as key, coalesce(o.epoch, 0) as epoch, coalesce(o.owner, 'source') as owner, o.since
  from unnest($1::text[]) k left join owner_of o on o.item_id = k::bigint`;
const OWNED: TableMapping = { ...MAPPING, ownership: { source: OWNERS, target: OWNERS } };

describe('rows have owners, who change', () => {
  beforeEach(async () => {
    for (const pool of [source, target]) {
      await pool.query(
        'create table owner_of (item_id bigint primary key, epoch int, owner text, since xid8 default pg_current_xact_id())',
      );
      await pool.query('grant select on owner_of to public');
    }
    table = await follow(OWNED);
  });

  /** Hands rows over once nobody writes them and all that was written has come to the other side. */
  async function handOver(from: number, to: number, owner: 'source' | 'target', epoch: number): Promise<void> {
    await Promise.all([there.drained(), back.drained()]);
    for (const pool of [source, target]) {
      await pool.query(
        `insert into owner_of (item_id, epoch, owner) select i, $3, $4 from generate_series($1::int, $2::int) i
         on conflict (item_id) do update set epoch = excluded.epoch, owner = excluded.owner, since = pg_current_xact_id()`,
        [from, to, epoch, owner],
      );
    }
  }

  it("a row of the target that the source's applier skipped is that applier's fault", async () => {
    await handOver(20, 30, 'target', 1);
    // From this look on each applier is told from other hands.
    await verifyKeys(table, ['21'], { captureMs: 1_000, applyMs: 1_000 }, new AbortController().signal);
    back.skippedKeys.add('20');
    await target.query('update stock_level set quantity = 6 where item_id in (20, 21)');
    await source.query('update inventory set quantity = 9 where item_id = 22');
    there.skippedKeys.add('22');
    await Promise.all([there.drained(), back.drained()]);
    expect(await findings()).toMatchObject({ 20: 'DIVERGED apply' });
    const { rows } = await store.pool.query(`select detail from divergence where key = '20'`);
    expect(rows[0].detail).toMatchObject({
      owner: 'target',
      topic: 'back',
      source: { quantity: '100' },
      target: { quantity: '6' },
      reason: expect.stringContaining('the target owns the row'),
    });
  });

  it('what the owner before wrote is not held against the capture once the row has come back', async () => {
    await source.query('update inventory set quantity = 1 where item_id = 30');
    await handOver(30, 30, 'target', 1);
    await target.query('update stock_level set quantity = 5 where item_id = 30');
    await handOver(30, 30, 'source', 2);
    // Of the way back nothing of before is held any more.
    table = await follow(OWNED, 0n, new Map([0, 1, 2].map((part) => [part, { next: 0n, grown: false, mark: null }])));
    expect(await findings()).toEqual({});
    const hidden = new pg.Client({ connectionString: target.options.connectionString });
    await hidden.connect();
    const origin = `hidden_${randomUUID().slice(0, 8)}`;
    await hidden.query('select pg_replication_origin_create($1)', [origin]);
    await hidden.query('select pg_replication_origin_session_setup($1)', [origin]);
    await hidden.query('update stock_level set quantity = 9 where item_id = 30');
    await hidden.query('select pg_replication_origin_session_reset()');
    await hidden.query('select pg_replication_origin_drop($1)', [origin]);
    await hidden.end();
    expect(await findings()).toEqual({ 30: 'DIVERGED unknown' });
  });

  it('rows change hands again and again under writes: nothing is divergent', async () => {
    let owner: 'source' | 'target' = 'source';
    let held = false;
    let stop = false;
    let writing = 0;
    const writer = (async () => {
      for (let i = 0; !stop; i += 1) {
        if (held) {
          await sleep(2);
          continue;
        }
        writing += 1;
        await source.query('update inventory set quantity = quantity + 1 where item_id = $1', [1 + (i % 10)]);
        const moving = 21 + (i % 10);
        if (owner === 'source') {
          await source.query('update inventory set quantity = quantity + 1 where item_id = $1', [moving]);
        } else {
          await target.query('update stock_level set quantity = quantity + 1 where item_id = $1', [moving]);
        }
        do await sleep(5);
        while (there.backlog + back.backlog > 20);
      }
    })();
    for (let epoch = 1; epoch <= 6; epoch += 1) {
      expect(Object.values(await findings()).filter((finding) => finding.startsWith('DIVERGED'))).toEqual([]);
      const checking = findings();
      held = true;
      await sleep(20);
      owner = owner === 'source' ? 'target' : 'source';
      await handOver(21, 30, owner, epoch);
      held = false;
      expect(Object.values(await checking).filter((finding) => finding.startsWith('DIVERGED'))).toEqual([]);
    }
    stop = true;
    await writer;
    expect(writing).toBeGreaterThan(10);
    await Promise.all([there.drained(), back.drained()]);
    expect(await findings()).toEqual({});
  });
});

describe('both captures carry what the appliers wrote', () => {
  it('one change goes to and fro, and an alert names the row and where', async () => {
    there.carriesApplied = true;
    back.carriesApplied = true;
    await source.query('update inventory set quantity = 7 where item_id = 40');
    await expect
      .poll(() => table.reverse?.window.events('40').events.length ?? 0, { timeout: 20_000 })
      .toBeGreaterThan(4);
    await expect.poll(async () => (await findings())['40'], { timeout: 20_000 }).toBe('CONFLICT unknown');
    const { rows } = await store.pool.query(`select detail->>'reason' as reason from divergence where key = '40'`);
    expect(rows[0].reason).toMatch(
      /^ping-pong: one change has gone to and fro \d+ times, last as there \d\/\d+ and back \d\/\d+/,
    );
  });
});
