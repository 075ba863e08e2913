// Two real databases with a pipeline between them and the verifier's view of it, for the tests of the verification.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { PostgresKeyReader } from '../lib/adapters/postgres/postgresKeyReader.ts';
import { PostgresRowReader } from '../lib/adapters/postgres/postgresRowReader.ts';
import { SourceDatabase } from '../lib/adapters/postgres/sourceDatabase.ts';
import { type Database, openDatabase } from '../lib/adapters/store/database.ts';
import { StoredVerification } from '../lib/adapters/store/verifyStore.ts';
import type { TableMapping } from '../lib/core/migration/definition.ts';
import { type Following, type FollowOptions, followTopics } from '../lib/services/followTopics.ts';
import { type VerifiedTable, type VerifyLimits, verifiedTable, windowsOf } from '../lib/services/verifiedTable.ts';
import { createTestDatabase } from './testDatabase.ts';
import { READ_ONLY, urlOfNewRole } from './testReadOnlyRole.ts';
import { TestReplication } from './testReplication.ts';

const COLUMNS = ['sku', 'quantity'];
const SHAPE = '(item_id bigint primary key, sku text not null, quantity int not null)';
export const quiet = { debug() {}, info() {}, warn() {}, error() {} };
export const pause = (ms: number, signal: AbortSignal) =>
  sleep(ms, undefined, { signal }).then(
    () => undefined,
    () => undefined,
  );

/** The mapping of the pipeline's table; `applied` is kept in the target database unless given. */
export function pipelineMapping(applied?: TableMapping['applied']): TableMapping {
  return {
    id: 'inventory',
    source: { database: 'monolith', schema: 'public', table: 'inventory', key: ['item_id'] },
    target: { database: 'inventory', schema: 'public', table: 'stock_level', key: ['item_id'] },
    columns: COLUMNS.map((name) => ({ from: name, to: name, compare: 'exact' })),
    topic: 'monolith.public.inventory',
    applied: applied ?? { kind: 'table', query: 'select partition, next_offset from applied_offset where topic = $1' },
  };
}

/** What every verifier of the tests is made of: its readers, its store, and a clock that is real. */
export function testedTable(mapping: TableMapping, from: SourceDatabase, to: SourceDatabase, store: Database) {
  return {
    context: 'inventory',
    mapping,
    reader: new PostgresRowReader(mapping, from, to),
    keyReader: new PostgresKeyReader(mapping, from, to),
    store: new StoredVerification(store.pool, 'banyan'),
    clock: { nowMs: Date.now },
    ids: { next: randomUUID },
    pause,
    logger: quiet,
  };
}

export interface TestPipeline {
  readonly source: pg.Pool;
  readonly target: pg.Pool;
  readonly store: Database;
  readonly replication: TestReplication;
  /** A verifier that begins now: its table, and what feeds it. */
  table(
    limits?: Partial<VerifyLimits>,
    verifiedTo?: FollowOptions['verifiedTo'],
  ): Promise<VerifiedTable & { readonly following: Following }>;
  /** Open findings by key: verdict and leg. */
  findings(): Promise<Record<string, string>>;
  close(): Promise<void>;
}

/** Starts a pipeline whose source (a database of the tests' server unless given) holds rows 1 to `items`, all applied. */
export async function startTestPipeline(
  items: number,
  mapping = pipelineMapping(),
  sourceUrl?: string,
): Promise<TestPipeline> {
  const urls = {
    source: sourceUrl ?? (await createTestDatabase('monolith')),
    target: await createTestDatabase('inventory'),
  };
  const store = await openDatabase({
    url: await createTestDatabase('verify_store'),
    applicationName: 'test',
    migrate: true,
  });
  const source = new pg.Pool({ connectionString: urls.source, max: 4 });
  const target = new pg.Pool({ connectionString: urls.target, max: 4 });
  // A server of a test's own may go while a connection is still being closed.
  for (const pool of [source, target]) {
    pool.on('connect', (client) => client.on('error', () => undefined));
    pool.on('error', () => undefined);
  }
  await source.query(`create table inventory ${SHAPE}`);
  await source.query('alter table inventory replica identity full');
  await target.query(`create table stock_level ${SHAPE}`);
  const replication = new TestReplication({
    sourceUrl: urls.source,
    targetUrl: urls.target,
    topic: mapping.topic,
    sourceTable: 'public.inventory',
    targetTable: 'stock_level',
    key: 'item_id',
    columns: COLUMNS,
  });
  await replication.open();
  const reading = async (id: string, url: string) =>
    new SourceDatabase({ id, url: await urlOfNewRole(url, READ_ONLY), rowsPerSec: Number.POSITIVE_INFINITY });
  const from = await reading('monolith', urls.source);
  const to = await reading('inventory', urls.target);
  await source.query(`insert into inventory select i, 'sku-' || i, 100 from generate_series(1, $1::int) i`, [items]);
  await replication.drained();
  const followed: Following[] = [];
  return {
    source,
    target,
    store,
    replication,
    async table(limits = {}, verifiedTo = async () => new Map()) {
      const table = verifiedTable({
        ...testedTable(mapping, from, to, store),
        log: replication,
        groupOffsets: () => ({ read: async () => new Map(replication.committed) }),
        fence: replication,
        reverseFence: null,
        limits,
      });
      const following = followTopics({
        source: replication.reader(),
        windows: windowsOf(table),
        verifiedTo,
        logger: quiet,
        reported: () => undefined,
      });
      followed.push(following);
      while (table.forward.window.partitions.length < replication.partitions) await sleep(5);
      await table.forward.begin();
      return { ...table, following };
    },
    async findings() {
      const { rows } = await store.pool.query(
        'select key, state, leg from divergence where resolved_at is null order by key::bigint',
      );
      return Object.fromEntries(rows.map((row) => [row.key, `${row.state} ${row.leg}`]));
    },
    async close() {
      for (const following of followed) await following.stop();
      await replication.close();
      await Promise.all([from.close(), to.close(), source.end(), target.end(), store.close()]);
    },
  };
}
