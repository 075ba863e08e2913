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
import { followTopics } from './followTopics.ts';
import { type VerifiedTable, verifiedTable, windowsOf } from './verifiedTable.ts';
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
  table = verifiedTable({
    context: 'inventory',
    mapping: MAPPING,
    reader: new PostgresRowReader(MAPPING, from, to),
    keyReader: new PostgresKeyReader(MAPPING, from, to),
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
      verifiedTo: async () => new Map(),
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      reported: () => undefined,
    });
  }
  await expect.poll(() => windows.map(({ partitions }) => partitions.length)).toEqual([3, 3]);
});

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
