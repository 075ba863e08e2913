import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort, startEmbeddedPostgres } from '../adapters/embedded/embeddedPostgres.ts';
import { PostgresKeyReader } from '../adapters/postgres/postgresKeyReader.ts';
import { PostgresRowReader } from '../adapters/postgres/postgresRowReader.ts';
import { SourceDatabase } from '../adapters/postgres/sourceDatabase.ts';
import { openDatabase } from '../adapters/store/database.ts';
import { StoredVerification } from '../adapters/store/verifyStore.ts';
import type { TableMapping } from '../core/migration/definition.ts';
import { verifiedTable } from '../services/verifiedTable.ts';
import { verifyTable } from '../services/verifyTable.ts';

const COLUMNS = ['sku', 'warehouse', 'qty', 'reserved', 'price', 'updated_at', 'attrs'];
const TABLE = `create table stock (id bigint primary key, sku text, warehouse int, qty int, reserved int, price numeric(12,2),
  updated_at timestamptz, attrs jsonb)`;
const FILL = `insert into stock select i, 'SKU-' || lpad(i::text, 10, '0'), i % 7, i % 1000, i % 13, (i % 100000) / 100.0,
  timestamptz '2026-01-01' + i * interval '1 second',
  jsonb_build_object('colour', (array['red','green','blue'])[1 + i % 3], 'weight', i % 500, 'shelf', 'A-' || i % 97)
  from generate_series(1, $1::bigint) i`;
/** The cheapest exact comparison that PostgreSQL has: every row hashed once, nothing named. */
const LIMIT = `select count(*), sum(hashint8extended(h, 1)), sum(hashint8extended(h, 2))
  from (select hash_record_extended(t, 0) h from stock t offset 0) x`;

/** Milliseconds: the limit, a sweep of equal tables, and a sweep that names `differing` keys. */
export interface SweepFigures {
  readonly rows: number;
  readonly limitMs: number;
  readonly equalMs: number;
  readonly differingMs: number;
  readonly differing: readonly string[];
  readonly named: readonly string[];
}

/** Measures sweeps of two tables of `rows` rows beside the limit, all in one run on one embedded PostgreSQL. */
export async function benchSweep(rows: number, rounds: number): Promise<SweepFigures> {
  const folder = mkdtempSync('/tmp/banyan-bench-sweep-');
  chmodSync(folder, 0o755);
  const server = await startEmbeddedPostgres({
    dataDir: join(folder, 'pg'),
    port: await freePort(),
    flags: ['-c', 'shared_buffers=1GB', '-c', 'fsync=off'],
  });
  try {
    for (const name of ['monolith', 'inventory', 'store']) await server.ensureDatabase(name);
    await Promise.all(['monolith', 'inventory'].map((name) => fill(server.url(name), rows)));
    return await measure((name) => server.url(name), rows, rounds);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(url: string, rows: number): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(TABLE);
  await client.query(FILL, [rows]);
  await client.query('create table applied_offset (topic text, partition int, next_offset bigint)');
  await client.query('vacuum (freeze, analyze) stock');
  await client.query('checkpoint');
  await client.end();
}

async function measure(urlOf: (name: string) => string, rows: number, rounds: number): Promise<SweepFigures> {
  const mapping: TableMapping = {
    id: 'stock',
    source: { database: 'monolith', schema: 'public', table: 'stock', key: ['id'] },
    target: { database: 'inventory', schema: 'public', table: 'stock', key: ['id'] },
    columns: COLUMNS.map((name) => ({ from: name, to: name, compare: 'semantic' })),
    topic: 'bench',
    applied: { kind: 'table', query: 'select partition, next_offset from applied_offset where topic = $1' },
  };
  // The tables stand still, so everything is captured and applied: the sweep itself is measured.
  const open = (id: string) =>
    new SourceDatabase({ id, url: urlOf(id), rowsPerSec: Number.POSITIVE_INFINITY, allowWritable: true });
  const [from, to] = [open('monolith'), open('inventory')];
  const store = await openDatabase({ url: urlOf('store'), applicationName: 'bench', migrate: true });
  const table = verifiedTable({
    context: 'bench',
    mapping,
    reader: new PostgresRowReader(mapping, from, to),
    keyReader: new PostgresKeyReader(mapping, from, to),
    log: { ranges: async () => new Map([['bench', [{ partition: 0, low: 0n, high: 0n }]]]) },
    store: new StoredVerification(store.pool, 'bench'),
    fence: { exists: async () => true, isPast: async () => true },
    reverseFence: null,
    clock: { nowMs: Date.now },
    ids: { next: randomUUID },
    pause: (ms) => sleep(ms),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  table.forward.window.open(0, 0n);
  const sides = await Promise.all(['monolith', 'inventory'].map((name) => plainClient(urlOf(name))));
  const limit = () => timed(() => Promise.all(sides.map((side) => side.query(LIMIT))));
  const sweep = () => timed(() => verifyTable(table, 'bench', new AbortController().signal));
  const best = {
    limitMs: Number.POSITIVE_INFINITY,
    equalMs: Number.POSITIVE_INFINITY,
    differingMs: Number.POSITIVE_INFINITY,
  };
  const differing = Array.from({ length: 10 }, (_, i) => Math.floor(((i + 0.5) * rows) / 10));
  try {
    await limit();
    for (let round = 0; round < rounds; round += 1) {
      best.limitMs = Math.min(best.limitMs, await limit());
      best.equalMs = Math.min(best.equalMs, await sweep());
    }
    await sides[1]?.query('update stock set qty = qty + 1 where id = any($1)', [differing]);
    for (let round = 0; round < rounds; round += 1) {
      best.limitMs = Math.min(best.limitMs, await limit());
      best.differingMs = Math.min(best.differingMs, await sweep());
    }
    const { rows: found } = await store.pool.query(
      `select key from divergence where state = 'DIVERGED' and resolved_at is null order by key::bigint`,
    );
    return { rows, ...best, differing: differing.map(String), named: found.map((row) => String(row.key)) };
  } finally {
    await Promise.all([...sides.map((side) => side.end()), from.close(), to.close(), store.close()]);
  }
}

async function plainClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: '-c jit=off -c max_parallel_workers_per_gather=0' });
  await client.connect();
  return client;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
