import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StockWriter } from '../../tools/stockWriter.ts';
import { createTestDatabase } from '../../tools/testDatabase.ts';
import { READ_ONLY, urlOfNewRole } from '../../tools/testReadOnlyRole.ts';
import { TestReplication } from '../../tools/testReplication.ts';
import { PostgresKeyReader } from '../adapters/postgres/postgresKeyReader.ts';
import { PostgresRowReader } from '../adapters/postgres/postgresRowReader.ts';
import { SourceDatabase } from '../adapters/postgres/sourceDatabase.ts';
import { type Database, openDatabase } from '../adapters/store/database.ts';
import { StoredVerification } from '../adapters/store/verifyStore.ts';
import type { TableMapping } from '../core/migration/definition.ts';
import { type Following, followTopics } from './followTopics.ts';
import { type VerifiedTable, verifiedTable, windowsOf } from './verifiedTable.ts';
import { verifyTable } from './verifyTable.ts';

const ITEMS = 400;
const COLUMNS = ['sku', 'quantity', 'reserved', 'updated_at'];
const MAPPING: TableMapping = {
  id: 'inventory',
  source: { database: 'monolith', schema: 'public', table: 'inventory', key: ['item_id'] },
  target: { database: 'inventory', schema: 'public', table: 'stock_level', key: ['item_id'] },
  columns: COLUMNS.map((name) => ({ from: name, to: name, compare: 'exact' })),
  topic: 'monolith.public.inventory',
  applied: { kind: 'table', query: 'select partition, next_offset from applied_offset where topic = $1' },
};
const SHAPE = `(item_id bigint primary key, sku text not null, quantity int not null, reserved int not null, updated_at timestamptz not null)`;
const logger = { debug() {}, info() {}, warn() {}, error() {} };

let sourceUrl: string;
let targetUrl: string;
let store: Database;
let source: pg.Pool;
let target: pg.Pool;
let from: SourceDatabase;
let to: SourceDatabase;
let replication: TestReplication;
let table: VerifiedTable;
let writer: StockWriter | null = null;
let following: Following | null = null;

function makeTable(limits: Parameters<typeof verifiedTable>[0]['limits'] = {}): VerifiedTable {
  return verifiedTable({
    context: 'inventory',
    mapping: MAPPING,
    reader: new PostgresRowReader(MAPPING, from, to),
    keyReader: new PostgresKeyReader(MAPPING, from, to),
    store: new StoredVerification(store.pool, 'banyan'),
    log: replication,
    fence: replication,
    reverseFence: null,
    clock: { nowMs: Date.now },
    ids: { next: randomUUID },
    pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    logger,
    sagas: [{ kind: 'header', header: 'order-flow', messageId: 'm', causationId: 'c' }],
    limits: { firstChunkRows: 100, minChunkRows: 100, maxChunkRows: 100, ...limits },
  });
}

/** Begins to hold the log, as a worker that starts does. */
async function follow(history = 5_000n): Promise<void> {
  await following?.stop();
  const { forward } = table;
  following = followTopics({
    source: replication.reader(),
    windows: windowsOf(table),
    verifiedTo: async () => new Map(),
    logger,
    reported: () => undefined,
    history,
  });
  await expect.poll(() => forward.window.partitions.length).toBe(3);
  await forward.begin();
}

const sweep = () => verifyTable(table, 'worker', new AbortController().signal);

async function findings(): Promise<Record<string, string>> {
  const { rows } = await store.pool.query(
    'select key, state, kind, leg from divergence where resolved_at is null order by key::bigint',
  );
  return Object.fromEntries(rows.map((row) => [row.key, `${row.state} ${row.kind} ${row.leg}`]));
}

beforeAll(async () => {
  store = await openDatabase({ url: await createTestDatabase('verify_store'), applicationName: 'test', migrate: true });
});
afterAll(() => store.close());

beforeEach(async () => {
  await store.pool.query('truncate verify_run, verify_range, divergence');
  sourceUrl = await createTestDatabase('monolith');
  targetUrl = await createTestDatabase('inventory');
  source = new pg.Pool({ connectionString: sourceUrl, max: 3 });
  target = new pg.Pool({ connectionString: targetUrl, max: 3 });
  await source.query(`create table inventory ${SHAPE}`);
  await source.query('alter table inventory replica identity full');
  await target.query(`create table stock_level ${SHAPE}`);
  const options = { topic: MAPPING.topic, key: 'item_id', columns: COLUMNS };
  replication = new TestReplication({
    ...options,
    sourceUrl,
    targetUrl,
    sourceTable: 'public.inventory',
    targetTable: 'stock_level',
  });
  await replication.open();
  from = new SourceDatabase({
    id: 'monolith',
    url: await urlOfNewRole(sourceUrl, READ_ONLY),
    rowsPerSec: Number.POSITIVE_INFINITY,
  });
  to = new SourceDatabase({
    id: 'inventory',
    url: await urlOfNewRole(targetUrl, READ_ONLY),
    rowsPerSec: Number.POSITIVE_INFINITY,
  });
  await source.query(`insert into inventory select i, 'sku-' || i, 100, 0, now() from generate_series(1, ${ITEMS}) i`);
  await replication.drained();
  table = makeTable();
  await follow();
});

afterEach(async () => {
  await writer?.end();
  writer = null;
  await following?.stop();
  following = null;
  await replication.close();
  await Promise.all([from.close(), to.close(), source.end(), target.end()]);
});

describe('a sweep while both sides are written', () => {
  it('finds nothing on a healthy pipeline and compares every row', async () => {
    writer = new StockWriter(source, replication);
    for (let i = 0; i < 5; i += 1) {
      const outcome = await sweep();
      expect(outcome.state).toBe('complete');
      expect(Object.values(await findings()).filter((finding) => finding.startsWith('DIVERGED'))).toEqual([]);
      if (outcome.state === 'complete') expect(outcome.counts.rowsCompared).toBeGreaterThanOrEqual(380n);
    }
    await writer.end();
    await replication.drained();
    await sweep();
    expect(await findings()).toEqual({});
  });

  it('finds exactly the corrupted keys, whatever the corruption, and takes them back when they are repaired', async () => {
    replication.lostKeys.add('301');
    replication.skippedKeys.add('302');
    writer = new StockWriter(source, replication);
    replication.headers = { traceparent: `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`, 'order-flow': 'order-7' };
    await source.query('update inventory set quantity = 7 where item_id in (301, 302)');
    await target.query('update stock_level set reserved = 9 where item_id = 303');
    await target.query('delete from stock_level where item_id = 304');
    await target.query(`insert into stock_level values (999, 'ghost', 1, 1, now())`);
    await sweep();
    await expect.poll(findings).toMatchObject({ 301: 'DIVERGED different capture' });
    const open = await findings();
    const proved = Object.entries(open).filter(([, finding]) => finding.startsWith('DIVERGED'));
    expect(Object.fromEntries(proved)).toEqual({
      301: 'DIVERGED different capture',
      302: 'DIVERGED different unknown',
      303: 'DIVERGED different unknown',
      304: 'DIVERGED missing unknown',
      999: 'DIVERGED extra unknown',
    });
    const { rows } = await store.pool.query(`select columns, detail from divergence where key = '303'`);
    expect(rows[0].columns).toEqual(['reserved']);
    expect(rows[0].detail).toMatchObject({
      reason: expect.stringContaining('apply or rogue_write'),
      source: { reserved: '0' },
      target: { reserved: '9' },
      topic: MAPPING.topic,
      lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
    });

    const { rows: skipped } = await store.pool.query(`select detail from divergence where key = '302'`);
    expect(skipped[0].detail).toMatchObject({ traceId: 'a1'.repeat(16), sagaId: 'order-7' });

    await writer.end();
    await replication.drained();
    replication.lostKeys.clear();
    replication.skippedKeys.clear();
    await target.query('delete from stock_level where item_id = 999');
    await source.query('update inventory set quantity = quantity + 1 where item_id between 301 and 304');
    await replication.drained();
    await sweep();
    expect(await findings()).toEqual({});
    const { rows: resolved } = await store.pool.query(
      'select count(*)::int as n from divergence where resolved_at is not null',
    );
    expect(resolved[0].n).toBe(5);
  });
});

describe('lag is not divergence', () => {
  it('a paused applier leaves changed rows PENDING, then STALLED, and CLEAN once it goes on', async () => {
    table = makeTable({ stalledAfterMs: 1_500, patienceMs: 300, tries: 2 });
    await follow();
    replication.applierPaused = true;
    await source.query('update inventory set quantity = 1 where item_id in (5, 6)');
    await sweep();
    expect(await findings()).toEqual({ 5: 'PENDING different unknown', 6: 'PENDING different unknown' });
    await expect
      .poll(
        async () => {
          await sweep();
          return findings();
        },
        { timeout: 20_000 },
      )
      .toEqual({ 5: 'STALLED different unknown', 6: 'STALLED different unknown' });
    replication.applierPaused = false;
    await replication.drained();
    await sweep();
    expect(await findings()).toEqual({});
  });

  it('a stopped capture leaves changed rows PENDING', async () => {
    table = makeTable({ patienceMs: 200 });
    await follow();
    await replication.pauseCapture();
    await source.query('update inventory set quantity = 1 where item_id = 5');
    await sweep();
    expect(await findings()).toEqual({ 5: 'PENDING different unknown' });
    replication.resumeCapture();
    await replication.drained();
    await sweep();
    expect(await findings()).toEqual({});
  });

  it('nothing is proved about a change from before Banyan began until the applier has passed that point', async () => {
    replication.applierPaused = true;
    await source.query('update inventory set quantity = 1 where item_id = 5');
    await expect.poll(() => replication.backlog).toBe(1);
    // The event is older than what Banyan holds.
    table = makeTable({ patienceMs: 200 });
    await follow(0n);
    await sweep();
    expect(await findings()).toEqual({ 5: 'PENDING different unknown' });
    replication.applierPaused = false;
    await replication.drained();
    await sweep();
    expect(await findings()).toEqual({});
  });
});

describe('a pass that is interrupted', () => {
  it('goes on where it stopped: no range twice, none left out', async () => {
    await target.query('update stock_level set quantity = 1 where item_id in (1, 150, 400)');
    const stopping = new AbortController();
    let leases = 0;
    const { store: real } = table;
    const leaseRange: typeof real.leaseRange = async (runId, owner, nowMs, leaseMs) => {
      leases += 1;
      if (leases !== 3) return real.leaseRange(runId, owner, nowMs, leaseMs);
      // As after a kill -9: the third range stays leased by an owner that is gone.
      await real.leaseRange(runId, 'dead', nowMs, 300);
      stopping.abort();
      return null;
    };
    const dying = new Proxy(real, {
      get(whole, name) {
        if (name === 'leaseRange') return leaseRange;
        const member = Reflect.get(whole, name);
        return typeof member === 'function' ? member.bind(whole) : member;
      },
    });
    expect((await verifyTable({ ...table, store: dying }, 'first', stopping.signal)).state).toBe('stopped');
    const outcome = await sweep();
    if (outcome.state !== 'complete') throw new Error(outcome.state);
    expect(outcome.counts).toMatchObject({ rowsCompared: BigInt(ITEMS), diverged: 3n });
    expect(Object.keys(await findings())).toEqual(['1', '150', '400']);
    const { rows } = await store.pool.query('select count(*)::int as n from verify_run');
    expect(rows[0].n).toBe(1);
  });

  it('a table that is not there is a failed run with the fix, and the next try succeeds', async () => {
    await target.query('alter table stock_level rename to stock_levels');
    await expect(sweep()).rejects.toThrow(
      /table public\.stock_level is not in database inventory; did you mean public\.stock_levels\?/,
    );
    await expect(sweep()).rejects.toThrow();
    const { rows } = await store.pool.query('select state, detail from verify_run');
    expect(rows).toEqual([{ state: 'failed', detail: expect.stringContaining('correct it in banyan.yaml') }]);
    await target.query('alter table stock_levels rename to stock_level');
    expect((await sweep()).state).toBe('complete');
  });
});
