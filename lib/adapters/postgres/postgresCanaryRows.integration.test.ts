import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { READ_ONLY, READ_WRITE, urlOfNewRole } from '../../../tools/testReadOnlyRole.ts';
import type { PlannedCanary } from '../../core/consistency/canaryPlan.ts';
import type { TableMapping } from '../../core/migration/definition.ts';
import type { PlantedRow } from '../../ports/canaryRows.ts';
import { PostgresCanaryRows } from './postgresCanaryRows.ts';

// A table with what makes a row hard to put back: values whose text loses nothing only if all of it is kept, columns that
// nobody may write, a trigger, a unique column and one that refers to another table.
const TABLE = `
  create table shelf (id int primary key); insert into shelf values (1), (2);
  create table item (
    "Region" text, nr bigint, note json, price numeric, code char(5), ratio float8, span interval, at timestamptz,
    tags text[], raw bytea, shelf int references shelf, sku text unique, qty int not null check (qty >= 0),
    doubled int generated always as (qty * 2) stored, seq bigint generated always as identity,
    primary key ("Region", nr));
  alter table item drop column tags; alter table item add column tags text[];
  insert into item values
    ('a,"b"', 1, '{"x" :  1.0,"x":2}', 1.50, 'ab', 0.1, '1 mon 1 day', '2026-03-29 01:30:00.123456+00', '\\x00ff', 1, 's1', 1),
    ('a,"b"', 2, '[ ]', 'NaN', null, '-0', '24:00', 'infinity', '', 2, 's2', 2),
    ('c', -7, null, 1e30, 'abcde', 'Infinity', '1 day', '-infinity', null, null, 's3', 30);
  update item set tags = array['x', null, '', '{,}'] where nr = 1`;
const column = (name: string) => ({ from: name, to: name, compare: 'semantic' as const });
const ref = { database: 'target', schema: 'public', table: 'item', key: ['Region', 'nr'] };
const MAPPING: TableMapping = {
  ...{ id: 'item', source: ref, target: ref, topic: 'item', applied: { kind: 'group', groupId: 'g' } },
  columns: ['note', 'price', 'code', 'ratio', 'span', 'at', 'tags', 'raw', 'shelf', 'sku', 'qty', 'doubled'].map(
    column,
  ),
};
const KEYS = ['["a,\\"b\\"","1"]', '["a,\\"b\\"","2"]', '["c","-7"]', '["d","9"]'] as const;
const [FIRST, SECOND, THIRD, ABSENT] = KEYS;

let owner: pg.Client;
let url: string;
let rows: PostgresCanaryRows;
beforeAll(async () => {
  url = await createTestDatabase('canary_rows');
  owner = new pg.Client(url);
  await owner.connect();
});
beforeEach(async () => {
  await rows?.close();
  await owner.query(`drop table if exists item, shelf; ${TABLE}`);
  rows = new PostgresCanaryRows(MAPPING, { place: 'selfTest.connection', url: await urlOfNewRole(url, READ_WRITE) });
});
afterAll(async () => {
  await rows.close();
  await owner.end();
});

const all = async () => (await owner.query('select t::text as row from item t order by 1')).rows;

async function planted(...canaries: readonly PlannedCanary[]): Promise<readonly PlantedRow[]> {
  let kept: readonly PlantedRow[] = [];
  await rows.plant(canaries, async (told) => {
    kept = told;
  });
  return kept;
}

const update = (key: string, name: string, value: string | null): PlannedCanary => ({
  ...{ change: 'wrong_value', key, column: name },
  value,
});

it('may change columns that are compared as they stand, but none that is unique, generated or of the key', async () => {
  const { columns, copyable } = await rows.table();
  expect(columns.map(({ name }) => name)).toEqual([
    'note',
    'price',
    'code',
    'ratio',
    'span',
    'at',
    'tags',
    'raw',
    'shelf',
    'qty',
  ]);
  expect(columns.filter(({ integer }) => integer).map(({ name }) => name)).toEqual(['qty']);
  expect(columns.filter(({ nullable }) => !nullable).map(({ name }) => name)).toEqual(['qty']);
  expect(copyable).toBe(false);
});

it.each<[string, readonly PlannedCanary[]]>([
  ['a wrong value', [update(FIRST, 'qty', '0')]],
  ['NULL', [update(FIRST, 'price', null)]],
  ['a row taken out', [{ change: 'missing', key: FIRST }]],
  [
    'every row at once',
    [update(FIRST, 'at', 'infinity'), update(SECOND, 'raw', '\\x01'), { change: 'missing', key: THIRD }],
  ],
])('puts back %s, every byte of the row', async (_, canaries) => {
  const before = await all();
  const kept = await planted(...canaries);
  expect(await all()).not.toEqual(before);
  expect([...(await rows.restore(kept)).values()]).toEqual(canaries.map(() => 'restored'));
  expect(await all()).toEqual(before);
  // Whoever does it again does nothing.
  expect([...(await rows.restore(kept)).values()]).toEqual(canaries.map(() => 'restored'));
  expect(await all()).toEqual(before);
});

it('adds a copy under a key of its own, and takes it away again', async () => {
  await owner.query('alter table item drop constraint item_sku_key');
  const before = await all();
  const kept = await planted({ change: 'extra', key: ABSENT, like: THIRD });
  const { rows: added } = await owner.query(
    `select "Region", nr::int, price::text, doubled from item where "Region" = 'd'`,
  );
  expect(added).toEqual([{ Region: 'd', nr: 9, price: '1000000000000000000000000000000', doubled: 60 }]);
  await rows.restore(kept);
  expect(await all()).toEqual(before);
});

it('leaves a row alone that somebody else has written since', async () => {
  const kept = await planted(update(FIRST, 'qty', '0'), update(THIRD, 'qty', '29'));
  await owner.query('update item set qty = 5 where nr = 1');
  const since = await all();
  expect(await rows.restore(kept)).toEqual(
    new Map([
      [FIRST, 'changed'],
      [THIRD, 'restored'],
    ]),
  );
  expect((await all()).filter((row) => since.some((other) => other.row === row.row))).toHaveLength(2);
});

it.each<[string, readonly PlannedCanary[], RegExp]>([
  ['a row that is gone', [{ change: 'missing', key: ABSENT }], /canary \["d","9"\] was written meanwhile/],
  ['a row that has come', [{ change: 'extra', key: FIRST, like: THIRD }], /was written meanwhile/],
  ['a value that the table refuses', [update(FIRST, 'qty', '0'), update(THIRD, 'qty', '-1')], /refuses a wrong row/],
])('touches nothing for %s', async (_, canaries, why) => {
  const before = await all();
  await expect(planted(...canaries)).rejects.toThrow(why);
  expect(await all()).toEqual(before);
});

it('touches nothing if the rows could not be kept', async () => {
  const before = await all();
  const broken = rows.plant([update(FIRST, 'qty', '0')], () => Promise.reject(new Error('the store is away')));
  await expect(broken).rejects.toThrow(/the store is away/);
  expect(await all()).toEqual(before);
});

it('names the grants that are missing', async () => {
  const reader = new PostgresCanaryRows(MAPPING, {
    place: 'selfTest.connection',
    url: await urlOfNewRole(url, READ_ONLY),
  });
  await expect(reader.table()).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringMatching(/may not write "public"\."item"/),
    fix: expect.stringMatching(/^grant select, insert, update, delete on "public"\."item"/),
  });
  await reader.close();
});
