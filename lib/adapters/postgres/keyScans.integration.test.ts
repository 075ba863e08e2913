import { afterAll, beforeAll, expect, it } from 'vitest';
import { bareMapping, TestMapping } from '../../../tools/testMapping.ts';
import { cutRange, WHOLE_RANGE } from '../../core/consistency/keyRange.ts';
import { sameDigest } from '../../core/consistency/rangeDigest.ts';
import { inspectTable } from './planTable.ts';

let mapped: TestMapping;
let tables = 0;

beforeAll(async () => {
  mapped = await TestMapping.open('scans');
});
afterAll(() => mapped.close());

/** A table of these columns on each side, and what each statement then does to the sides. */
async function tableOf(source: string, target: string, key: readonly string[], then: readonly string[] = []) {
  const table = `keyed_${++tables}`;
  await mapped.source.query(`create table ${table} (${source})`);
  await mapped.target.query(`create table ${table} (${target})`);
  for (const statement of then) {
    for (const side of [mapped.source, mapped.target]) await side.query(statement.replaceAll('$table', table));
  }
  return { ...bareMapping(table, key), columns: [] };
}

const ICU = 'id text collate "unicode" primary key';
const BYTES = 'id text collate "C" primary key';
const LOOSE = 'id text collate "en-US-x-icu" primary key';

it.each<[string, string, string, readonly string[], readonly ('source' | 'target')[]]>([
  ['numbers', 'id bigint primary key', 'id int primary key', [], []],
  ['text in byte order', BYTES, BYTES, [], []],
  ['text that both sides sort alike, whatever the collation', ICU, ICU, [], []],
  ['text that the source alone sorts otherwise', ICU, BYTES, [], ['source']],
  ['text that the target alone sorts otherwise', BYTES, LOOSE, [], ['target']],
  ['text of two collations', ICU, LOOSE, [], ['source', 'target']],
  [
    'text of two collations, with an index in byte order on both',
    ICU,
    LOOSE,
    ['create unique index on $table (id collate "C")'],
    [],
  ],
  [
    'an index of part of the rows',
    ICU,
    LOOSE,
    [`create index on $table (id collate "C") where id > 'a'`],
    ['source', 'target'],
  ],
  ['an index for patterns', ICU, LOOSE, ['create index on $table (id text_pattern_ops)'], ['source', 'target']],
  ['a key without an index', 'id bigint primary key', 'id bigint not null, x int, unique (x, id)', [], ['target']],
  ['a number and its text', 'id bigint primary key', 'id text collate "C" primary key', [], ['source', 'target']],
])('%s', async (_, source, target, then, scanned) => {
  const mapping = await tableOf(source, target, ['id'], then);
  const { findings } = await inspectTable(mapping, mapped.databases.source, mapped.databases.target);
  const found = findings.filter(({ reason }) => reason.includes('scan of the whole table'));
  expect(found.map(({ reason }) => /on the (source|target)/.exec(reason)?.[1])).toEqual(scanned);
  // The pass says the same of the table.
  const prepared = (await mapped.readers(mapping, 'chosen').ranges.prepare()).map(({ reason }) => reason);
  expect(prepared).toEqual(found.map(({ reason }) => reason));
});

it('the fix that is given mends it: the ranges are then read by the index', async () => {
  const columns = 'shop text collate "unicode", id int, primary key (shop, id)';
  const mapping = await tableOf(columns, columns.replace('unicode', 'en-US-x-icu'), ['shop', 'id']);
  const { source, target } = mapped.databases;
  const inspect = async () => (await inspectTable(mapping, source, target)).plan?.scans ?? [];
  const [{ fix } = { fix: '' }] = await inspect();
  expect(fix).toBe(`create index concurrently on "public"."${mapping.source.table}" ("shop" collate "C", "id");`);
  await mapped.source.query(fix);
  await mapped.target.query(fix);
  expect(await inspect()).toEqual([]);
});

it('ranges by a collation of both sides hold the same rows on both, each in one range', async () => {
  const mapping = await tableOf(
    `${ICU}, x int`,
    `${ICU}, x int`,
    ['id'],
    [
      `insert into $table select w || i, i from unnest(array['a', 'A', 'ä', 'Z', 'z', '-', '']) w, generate_series(1, 40) i`,
    ],
  );
  const { ranges } = mapped.readers({ ...mapping, columns: [{ from: 'x', to: 'x', compare: 'exact' }] }, 'chosen');
  const { inner, end } = await ranges.bounds('source', WHOLE_RANGE, 1_000, 25);
  expect([inner.length, end]).toEqual([11, null]);
  const steps = cutRange(WHOLE_RANGE, inner);
  const [left, right] = await Promise.all([ranges.digest('source', steps), ranges.digest('target', steps)]);
  expect(left.map(({ rows }) => rows)).toEqual([...Array(11).fill(25n), 5n]);
  for (const [i, digest] of left.entries())
    expect(sameDigest(digest, right[i] ?? { rows: -1n, sum1: 0n, sum2: 0n })).toBe(true);
  // In the collation's order "a" and "A" are neighbours, which in byte order they are not.
  const [first] = await ranges.list('source', steps.slice(3, 4));
  expect(first).toBeDefined();
});
