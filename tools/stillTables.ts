// Two databases that nobody writes to, with everything captured and applied: for tests of what a pass keeps of itself.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { PostgresKeyReader } from '../lib/adapters/postgres/postgresKeyReader.ts';
import { PostgresRowReader } from '../lib/adapters/postgres/postgresRowReader.ts';
import { PostgresTableFacts } from '../lib/adapters/postgres/postgresTableFacts.ts';
import { SourceDatabase } from '../lib/adapters/postgres/sourceDatabase.ts';
import { type Database, openDatabase } from '../lib/adapters/store/database.ts';
import { StoredVerification } from '../lib/adapters/store/verifyStore.ts';
import type { TableMapping } from '../lib/core/migration/definition.ts';
import type { VerifyStore } from '../lib/ports/verifyStore.ts';
import { type VerifiedTable, type VerifiedTableOptions, verifiedTable } from '../lib/services/verifiedTable.ts';
import { createTestDatabase } from './testDatabase.ts';
import { READ_ONLY, urlOfNewRole } from './testReadOnlyRole.ts';

const { Kafka, logLevel } = kafkajs;

export const STOCK: TableMapping = {
  id: 'stock',
  source: { database: 'monolith', schema: 'public', table: 'inventory', key: ['item_id'] },
  target: { database: 'inventory', schema: 'public', table: 'stock_level', key: ['item_id'] },
  columns: ['sku', 'quantity', 'price', 'seen_at'].map((name) => ({ from: name, to: name, compare: 'semantic' })),
  topic: 'monolith.public.inventory',
  applied: { kind: 'table', query: 'select partition, next_offset from applied_offset where topic = $1' },
};
const SHAPE =
  '(item_id bigint primary key, sku text, quantity int not null, price numeric(12,2), seen_at timestamptz not null)';
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

export interface StillTables {
  readonly store: Database;
  /** As their owners. */
  readonly source: pg.Pool;
  readonly target: pg.Pool;
  readonly from: SourceDatabase;
  readonly to: SourceDatabase;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly storeUrl: string;
  /** As Banyan, which may only read. */
  readonly fromUrl: string;
  readonly toUrl: string;
  readonly facts: PostgresTableFacts;
  /** A worker's own view of the table; `dress` puts something before its store. */
  worker(limits?: VerifiedTableOptions['limits'], dress?: (store: VerifyStore) => VerifyStore): VerifiedTable;
  /** Makes the change topic, empty, at a broker. */
  topic(broker: string): Promise<void>;
  close(): Promise<void>;
}

/** Tables of `rows` equal rows on both sides, keys from 1. */
export async function stillTables(rows: number): Promise<StillTables> {
  const urls = await Promise.all(['still_store', 'monolith', 'inventory'].map(createTestDatabase));
  const [storeUrl = '', sourceUrl = '', targetUrl = ''] = urls;
  const store = await openDatabase({ url: storeUrl, applicationName: 'test', migrate: true });
  const source = new pg.Pool({ connectionString: sourceUrl, max: 3 });
  const target = new pg.Pool({ connectionString: targetUrl, max: 3 });
  const fill = (table: string) =>
    `create table ${table} ${SHAPE};
     insert into ${table} select i, 'sku-' || i, 100, i / 7.0, timestamptz '2026-01-01' + i * interval '1 s'
     from generate_series(1, ${rows}) i; analyze ${table}`;
  await source.query(fill('inventory'));
  await target.query(
    `${fill('stock_level')}; create table applied_offset (topic text, partition int, next_offset bigint)`,
  );
  const open = (id: string, url: string) => new SourceDatabase({ id, url, rowsPerSec: Number.POSITIVE_INFINITY });
  const [fromUrl, toUrl] = [await urlOfNewRole(sourceUrl, READ_ONLY), await urlOfNewRole(targetUrl, READ_ONLY)];
  const [from, to] = [open('monolith', fromUrl), open('inventory', toUrl)];
  return {
    store,
    source,
    target,
    from,
    to,
    sourceUrl,
    targetUrl,
    storeUrl,
    fromUrl,
    toUrl,
    facts: new PostgresTableFacts(STOCK, from, to),
    worker(limits = {}, dress = (own) => own) {
      const table: VerifiedTable = verifiedTable({
        context: 'inventory',
        mapping: STOCK,
        reader: new PostgresRowReader(STOCK, from, to),
        keyReader: new PostgresKeyReader(STOCK, from, to),
        store: dress(new StoredVerification(store.pool, 'banyan')),
        // The log holds what a test has brought into the window, and no more.
        log: {
          ranges: async () =>
            new Map([[STOCK.topic, [{ partition: 0, low: 0n, high: table.forward.window.partition(0)?.end ?? 0n }]]]),
        },
        fence: { exists: async () => true, isPast: async () => true },
        reverseFence: null,
        clock: { nowMs: Date.now },
        ids: { next: randomUUID },
        pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
        logger: SILENT,
        limits: { firstChunkRows: 100, minChunkRows: 100, maxChunkRows: 100, leaseMs: 300, ...limits },
      });
      table.forward.window.open(0, 0n);
      return table;
    },
    async topic(broker) {
      const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic: STOCK.topic, numPartitions: 1 }] });
      await admin.disconnect();
    },
    close: async () => {
      await Promise.all([from.close(), to.close(), source.end(), target.end(), store.close()]);
    },
  };
}

/** A store that lets each call be watched, delayed, refused or followed by something. */
export function watchedStore(
  store: VerifyStore,
  watch: (name: string, call: () => Promise<unknown>) => Promise<unknown>,
): VerifyStore {
  return new Proxy(store, {
    get(whole, name) {
      const member: unknown = Reflect.get(whole, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => watch(String(name), () => Reflect.apply(member, whole, args));
    },
  });
}
