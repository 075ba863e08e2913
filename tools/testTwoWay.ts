// Two real databases that follow each other's changes, and the verifier's view of both ways, for the tests of the
// verification.
import pg from 'pg';
import { SourceDatabase } from '../lib/adapters/postgres/sourceDatabase.ts';
import { type Database, openDatabase } from '../lib/adapters/store/database.ts';
import type { TableMapping } from '../lib/core/migration/definition.ts';
import type { VerifiedPartition } from '../lib/ports/continuousStore.ts';
import { type Following, followTopics } from '../lib/services/followTopics.ts';
import { type VerifiedTable, type VerifyLimits, verifiedTable, windowsOf } from '../lib/services/verifiedTable.ts';
import { createTestDatabase } from './testDatabase.ts';
import { quiet, testedTable } from './testPipeline.ts';
import { READ_ONLY, urlOfNewRole } from './testReadOnlyRole.ts';
import { TestReplication } from './testReplication.ts';
import { patiently } from './verifyRig/patiently.ts';

const APPLIED = { kind: 'table', query: 'select partition, next_offset from applied_offset where topic = $1' } as const;
/** One table in both databases: a key and a quantity. */
export const TWO_WAY_MAPPING: TableMapping = {
  id: 'inventory',
  source: { database: 'monolith', schema: 'public', table: 'inventory', key: ['item_id'] },
  target: { database: 'inventory', schema: 'public', table: 'stock_level', key: ['item_id'] },
  columns: [{ from: 'quantity', to: 'quantity', compare: 'exact' }],
  topic: 'there',
  applied: APPLIED,
  reverse: { topic: 'back', applied: APPLIED },
};

export interface FollowTwoWay {
  readonly mapping?: TableMapping;
  readonly limits?: Partial<VerifyLimits>;
  /** Events before the log's end that are read. */
  readonly history?: bigint;
  /** How far the way there was verified before. */
  readonly verifiedThere?: ReadonlyMap<number, VerifiedPartition>;
}

export interface TwoWay {
  readonly source: pg.Pool;
  readonly target: pg.Pool;
  readonly store: Database;
  /** As the verifier reads them. */
  readonly from: SourceDatabase;
  readonly to: SourceDatabase;
  readonly there: TestReplication;
  readonly back: TestReplication;
  /** A verifier that begins now, with every partition of both ways taken up. */
  follow(options?: FollowTwoWay): Promise<VerifiedTable>;
  close(): Promise<void>;
}

/** Starts both ways over 100 rows of quantity 100, all applied; `alsoMake` is run in both databases at first. */
export async function startTwoWay(alsoMake = 'select'): Promise<TwoWay> {
  const [sourceUrl, targetUrl] = [await createTestDatabase('two_way_a'), await createTestDatabase('two_way_b')];
  const store = await openDatabase({
    url: await createTestDatabase('two_way'),
    applicationName: 'test',
    migrate: true,
  });
  const source = new pg.Pool({ connectionString: sourceUrl });
  const target = new pg.Pool({ connectionString: targetUrl });
  for (const [pool, name] of [[source, 'inventory'] as const, [target, 'stock_level'] as const]) {
    await pool.query(`create table ${name} (item_id bigint primary key, quantity int not null)`);
    await pool.query(`alter table ${name} replica identity full`);
    await pool.query(alsoMake);
  }
  const shared = { key: 'item_id', columns: ['quantity'] };
  const at = (sourceUrl: string, targetUrl: string) => ({ ...shared, sourceUrl, targetUrl });
  const there = new TestReplication({
    ...at(sourceUrl, targetUrl),
    topic: 'there',
    sourceTable: 'public.inventory',
    targetTable: 'stock_level',
  });
  const back = new TestReplication({
    ...at(targetUrl, sourceUrl),
    topic: 'back',
    sourceTable: 'public.stock_level',
    targetTable: 'inventory',
  });
  await there.open();
  await back.open();
  const reading = async (id: string, url: string) =>
    new SourceDatabase({ id, url: await urlOfNewRole(url, READ_ONLY), rowsPerSec: 1e6 });
  const [from, to] = [await reading('monolith', sourceUrl), await reading('inventory', targetUrl)];
  await source.query('insert into inventory select i, 100 from generate_series(1, 100) i');
  await there.drained();
  const followings: Following[] = [];
  return {
    source,
    target,
    store,
    from,
    to,
    there,
    back,
    async follow({ mapping = TWO_WAY_MAPPING, limits = {}, history = 5_000n, verifiedThere = new Map() } = {}) {
      const table = verifiedTable({
        ...testedTable(mapping, from, to, store),
        log: { ranges: async (topics) => new Map([...(await there.ranges(topics)), ...(await back.ranges(topics))]) },
        fence: there,
        reverseFence: back,
        limits,
      });
      const windows = windowsOf(table);
      for (const way of [there, back]) {
        const following = followTopics({
          source: way.reader(),
          windows: windows.filter(({ topic }) => topic === way.topic),
          verifiedTo: async (topic) => (topic === 'there' ? verifiedThere : new Map()),
          logger: quiet,
          reported: () => undefined,
          history,
        });
        followings.push(following);
      }
      await patiently(
        'every partition of both ways',
        () => windows.every(({ partitions }) => partitions.length === 3) || undefined,
      );
      return table;
    },
    async close() {
      for (const following of followings) await following.stop();
      await Promise.all([there.close(), back.close(), from.close(), to.close()]);
      await Promise.all([source.end(), target.end(), store.close()]);
    },
  };
}
