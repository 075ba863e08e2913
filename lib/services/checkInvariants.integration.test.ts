import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pause, quiet } from '../../tools/testPipeline.ts';
import type { TestReplication } from '../../tools/testReplication.ts';
import { startTwoWay, type TwoWay } from '../../tools/testTwoWay.ts';
import { PostgresInvariantReader } from '../adapters/postgres/postgresInvariantReader.ts';
import type { SourceDatabase } from '../adapters/postgres/sourceDatabase.ts';
import { readCheckedInvariants } from '../adapters/store/checkedInvariants.ts';
import { StoredInvariants } from '../adapters/store/invariantStore.ts';
import type { ContextDefinition, InvariantDefinition } from '../core/migration/definition.ts';
import { evaluateCriterion } from '../core/verdict/evaluateCriterion.ts';
import { CONTEXT, criterion, inputOf } from '../core/verdict/testCases.ts';
import { checkInvariants } from './checkInvariants.ts';
import { invariantDigest } from './invariantDigest.ts';
import type { VerifiedTable } from './verifiedTable.ts';

// 100 items of 100 pieces. A transfer takes pieces from an item of one side and gives them to one of the other, in two
// transactions; each writes down what it took or gave beside it.
const MOVED = 'select coalesce(sum(delta), 0) from moved';
const INVARIANTS: readonly InvariantDefinition[] = [
  {
    id: 'at-service',
    title: 'Stock at the service',
    parts: [
      {
        database: 'inventory',
        sql: `select sum(quantity) - (${MOVED}) from stock_level`,
        sign: 1,
        tables: ['inventory'],
      },
      { database: 'monolith', sql: MOVED, sign: -1, tables: [] },
    ],
    equals: '10000',
    tolerance: '0',
  },
  {
    id: 'at-both',
    title: 'Stock on both sides',
    parts: [
      { database: 'monolith', sql: 'select sum(quantity) from inventory', sign: 1, tables: ['inventory'] },
      { database: 'inventory', sql: 'select sum(quantity) from stock_level;', sign: -1, tables: ['inventory'] },
    ],
    equals: 'unchanged',
    tolerance: '0',
  },
];

let rig: TwoWay;
let source: pg.Pool;
let target: pg.Pool;
let there: TestReplication;
let table: VerifiedTable;
let databases: Readonly<Record<string, SourceDatabase>>;

beforeEach(async () => {
  rig = await startTwoWay('create table moved (delta int not null)');
  ({ source, target, there } = rig);
  databases = { monolith: rig.from, inventory: rig.to };
  table = await rig.follow();
});

afterEach(() => rig.close());

function context(invariants = INVARIANTS): ContextDefinition {
  return { ...CONTEXT, invariants };
}

async function round(invariants = INVARIANTS): Promise<void> {
  await checkInvariants(
    {
      contexts: [context(invariants)],
      tables: [table],
      reader: new PostgresInvariantReader((id) => databases[id] ?? expect.fail(`no database ${id}`)),
      store: new StoredInvariants(rig.store.pool),
      clock: { nowMs: Date.now },
      pause,
      logger: quiet,
      status: { report: () => undefined },
      everyMs: 0,
      patienceMs: 2_000,
    },
    new AbortController().signal,
  );
}

const checked = (invariants = INVARIANTS) =>
  readCheckedInvariants(
    rig.store.pool,
    CONTEXT.id,
    invariants.map((invariant) => ({ ...invariant, definition: invariantDigest(invariant) })),
    0,
  );

async function verdict() {
  const evidence = { kind: 'invariants', invariants: await checked(), source: { state: 'reachable' } } as const;
  return evaluateCriterion(inputOf(criterion('route_writes', 'stock_invariant'), evidence, { nowMs: Date.now() }));
}

async function move(pool: pg.Pool, name: string, itemId: number, delta: number): Promise<void> {
  const client = await pool.connect();
  await client.query('begin');
  await client.query(`update ${name} set quantity = quantity + $2 where item_id = $1`, [itemId, delta]);
  await client.query('insert into moved values ($1)', [delta]);
  await client.query('commit');
  client.release();
}

/** Transfers pieces between an item of the source's and one of the target's until stopped. */
function transfers(): () => Promise<void> {
  let stop = false;
  const run = (async () => {
    for (let i = 0; !stop; i += 1) {
      const pieces = (i % 7) - 3;
      await move(source, 'inventory', 1 + (i % 50), -pieces);
      await sleep(3);
      await move(target, 'stock_level', 51 + ((i * 13) % 50), pieces);
      await sleep(12);
    }
  })();
  return async () => {
    stop = true;
    await run;
  };
}

describe('invariants over two databases', () => {
  it('raise no false alarm while pieces move between the two, and find cuts meanwhile', async () => {
    const end = transfers();
    const untilMs = Date.now() + 60_000;
    const isEnough = async () => (await checked()).every(({ cuts }) => cuts >= 12);
    while (Date.now() < untilMs && !(await isEnough())) await round();
    await end();
    const found = await checked();
    expect(found.map(({ id, expected, violations, violated }) => [id, expected, violations, violated])).toEqual([
      ['at-service', '10000', 0, null],
      ['at-both', '0', 0, null],
    ]);
    for (const { id, cuts } of found) expect(cuts, id).toBeGreaterThan(2);
    expect(await verdict()).toMatchObject({
      verdict: 'pass',
      reason: expect.stringMatching(/^2 invariants held at all of/),
    });
  }, 180_000);

  it('find one stolen piece while others move, with the figures of both sides', async () => {
    const end = transfers();
    await round();
    await target.query('update stock_level set quantity = quantity - 1 where item_id = 77');
    for (let i = 0; i < 30 && (await checked())[0]?.violations === 0; i += 1) await round();
    await end();
    expect((await checked()).map(({ violations }) => violations > 0)).toEqual([true, false]);
    expect(await verdict()).toMatchObject({
      verdict: 'fail',
      reason: expect.stringMatching(
        /^Stock at the service: 9999 instead of 10000 \(-1\) at .*, read at one cut: -?\d+ in inventory, minus -?\d+ in monolith;/,
      ),
    });
  }, 120_000);

  it('wait, and prove nothing, while a change is on its way', async () => {
    there.applierPaused = true;
    await move(source, 'inventory', 1, -5);
    await round();
    expect(await checked()).toMatchObject([
      { cuts: 0, unsettledBecause: expect.stringMatching(/under way|not been read/) },
      { cuts: 0 },
    ]);
    expect(await verdict()).toMatchObject({ verdict: 'no_data' });
    there.applierPaused = false;
    await there.drained();
    await round();
    expect(await checked()).toMatchObject([{ cuts: 1, violations: 0, newest: { total: '10000' } }, { cuts: 1 }]);
  }, 60_000);

  it('say which part can not be read', async () => {
    const [first] = INVARIANTS;
    const cases = [
      ['select quantity from inventory', /more than one row/],
      ['select sum(delta) from moved', /part 1 in database monolith gave no number/],
      [`select 'NaN'`, /gave NaN, no number/],
    ] as const;
    for (const [i, [sql, detail]] of cases.entries()) {
      const parts = [{ database: 'monolith', sql, sign: 1, tables: [] }] as const;
      const broken = [{ id: `broken-${i}`, title: first?.title ?? '', parts, equals: '0', tolerance: '0' }];
      await round(broken);
      expect(await checked(broken)).toMatchObject([{ cuts: 0, unsettledBecause: expect.stringMatching(detail) }]);
    }
  });
});
