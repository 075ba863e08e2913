import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort, startEmbeddedPostgres } from '../adapters/embedded/embeddedPostgres.ts';

/** Columns of the table beside its key, `id`. */
export const STOCK_COLUMNS = ['sku', 'warehouse', 'qty', 'reserved', 'price', 'updated_at', 'attrs'] as const;
const TABLE = `create table stock (id bigint primary key, sku text, warehouse int, qty int, reserved int, price numeric(12,2),
  updated_at timestamptz, attrs jsonb)`;
const FILL = `insert into stock select i, 'SKU-' || lpad(i::text, 10, '0'), i % 7, i % 1000, i % 13, (i % 100000) / 100.0,
  timestamptz '2026-01-01' + i * interval '1 second',
  jsonb_build_object('colour', (array['red','green','blue'])[1 + i % 3], 'weight', i % 500, 'shelf', 'A-' || i % 97)
  from generate_series(1, $1::bigint) i`;

/** Two databases on one server that hold equal tables `stock` of 167 bytes a row, for a benchmark. */
export interface BenchTables {
  readonly source: string;
  readonly target: string;
  stop(): Promise<void>;
}

export async function startBenchTables(rows: number): Promise<BenchTables> {
  const folder = mkdtempSync('/tmp/banyan-bench-tables-');
  chmodSync(folder, 0o755);
  const server = await startEmbeddedPostgres({
    dataDir: join(folder, 'pg'),
    port: await freePort(),
    flags: ['-c', 'shared_buffers=2GB', '-c', 'fsync=off', '-c', 'max_wal_size=8GB'],
  });
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const name of ['monolith', 'inventory']) await server.ensureDatabase(name);
    const [source, target] = [server.url('monolith'), server.url('inventory')];
    await Promise.all([source, target].map((url) => fillStock(url, rows)));
    return { source, target, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Creates and fills the table `stock`, ids from 1 on; every call makes the same rows. */
export async function fillStock(url: string, rows: number): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(TABLE);
    await client.query(FILL, [rows]);
    await client.query('vacuum (freeze, analyze) stock');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}
