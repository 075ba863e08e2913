// Corruptions that sums, XORs and joined texts of rows are blind to, under both ways of hashing.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sameRows, TestMapping } from '../../../tools/testMapping.ts';
import { WHOLE_RANGE } from '../../core/consistency/keyRange.ts';
import { sameDigest } from '../../core/consistency/rangeDigest.ts';
import type { ColumnMapping } from '../../core/migration/definition.ts';

const BLIND_HASHES = [
  ['hashint4extended', 'int2'],
  ['hashfloat8extended', 'float4'],
  ['hashtextextended', 'varchar'],
] as const;

let mapped: TestMapping;
beforeAll(async () => {
  mapped = await TestMapping.open('blind');
  for (const client of [mapped.source, mapped.target]) {
    await client.query(`create collation loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)`);
    // A database may have functions and types of its own by the names of built-in ones.
    for (const [name, of] of BLIND_HASHES) {
      await client.query(`create function public.${name}(${of}, int8) returns int8 language sql immutable return 1`);
    }
    await client.query('create type public.uuid as (number int8)');
  }
});
afterAll(() => mapped.close());

interface Tables {
  readonly columns: string;
  readonly targetColumns?: string;
  readonly compare?: ColumnMapping['compare'];
  /** SELECT of all columns, id first. */
  readonly source: string;
  readonly target: string;
  /** Keys that differ. */
  readonly differing: readonly number[];
}

const HASHINGS = ['chosen', 'sha256'] as const;
const COUNT = 10;

/** Keys of 1 to 10 whose rows differ, by compared text and by digest; and whether the digests of the whole differ. */
async function differingKeys(tables: Tables, hashing: (typeof HASHINGS)[number]) {
  const { columns, targetColumns = columns, compare = 'semantic' } = tables;
  const names = ['x', 'y', 'z', 'at'].filter((name) => new RegExp(`, ${name} `).test(columns));
  const mapping = await mapped.table(columns, targetColumns, {
    columns: names.map((name) => ({ from: name, to: name, compare })),
  });
  await mapped.source.query(`insert into ${mapping.id} ${tables.source}`);
  await mapped.target.query(`insert into ${mapping.id} ${tables.target}`);
  const readers = mapped.readers(mapping, hashing);
  const rows = await sameRows(readers, COUNT);
  const whole = await Promise.all(
    (['source', 'target'] as const).map((side) => readers.ranges.digest(side, [WHOLE_RANGE])),
  );
  const [a, b] = [whole[0]?.[0], whole[1]?.[0]];
  return {
    byDigest: rows.flatMap(({ digest }, i) => (digest ? [] : [i + 1])),
    byHash: rows.flatMap(({ hash }, i) => (hash ? [] : [i + 1])),
    whole: a !== undefined && b !== undefined && sameDigest(a, b),
  };
}

const TIMES = 'id bigint primary key, x text, at timestamptz';
const times = (shifted: readonly number[], shift: string) =>
  `select i, 'x' || i, timestamptz '2026-01-01Z' + i * interval '24 h'
     + case when i = any('{${shifted.join()}}') then interval '${shift}' else '0' end from generate_series(1, ${COUNT}) i`;
const XY = 'id bigint primary key, x text, y text';
const one = (type: string, a: string, b: string, more: Partial<Tables> = {}): Tables => ({
  columns: `id bigint primary key, x ${type}`,
  source: `values (1, ${a}::${type})`,
  target: `values (1, ${b}::${type})`,
  differing: [1],
  ...more,
});
const pair = (a: string, b: string, differing: readonly number[] = [1]): Tables => ({
  columns: XY,
  source: `values (1, ${a})`,
  target: `values (1, ${b})`,
  differing,
});

const fields = (names: readonly string[], type: string, a: string, b: string): Tables => ({
  columns: `id bigint primary key, ${names.map((name) => `${name} ${type}`).join(', ')}`,
  source: `values (1, ${a})`,
  target: `values (1, ${b})`,
  differing: [1],
});
const two = (type: string, a: string, b: string) => fields(['x', 'y'], type, a, b);
const three = (type: string, a: string, b: string) => fields(['x', 'y', 'z'], type, a, b);

const cases: readonly (readonly [string, Tables])[] = [
  ['equal tables', { columns: TIMES, source: times([], '0'), target: times([], '0'), differing: [] }],
  [
    'ten minutes on four times',
    { columns: TIMES, source: times([], '0'), target: times([1, 2, 3, 4], '10 min'), differing: [1, 2, 3, 4] },
  ],
  [
    'seven hours on an even number of rows',
    { columns: TIMES, source: times([], '0'), target: times([2, 4], '7 h'), differing: [2, 4] },
  ],
  [
    'one column swapped between two rows',
    {
      columns: XY,
      source: `values (1, 'a', 'p'), (2, 'b', 'q')`,
      target: `values (1, 'b', 'p'), (2, 'a', 'q')`,
      differing: [1, 2],
    },
  ],
  ['two columns swapped in one row', pair(`'a', 'b'`, `'b', 'a'`)],
  [
    'a pair of rows twice',
    {
      columns: 'id bigint primary key, x text',
      targetColumns: 'id bigint not null, x text',
      source: `values (1, 'a'), (2, 'b')`,
      target: `values (1, 'a'), (2, 'b'), (1, 'a'), (2, 'b')`,
      differing: [1, 2],
    },
  ],
  ['a sign lost in widening', one('int8', '-1', '4294967295')],
  ['an integer moved by 32 bits', one('int8', '1', '4294967296')],
  ['a sign of a decimal', one('numeric(12,2)', '19.90', '-19.90')],
  ['a sign of a decimal without scale', one('numeric', '19.90', '-19.90')],
  ['a decimal that is no number', one('numeric(12,2)', `'NaN'`, 'null')],
  ['infinity and no number', one('numeric', `'Infinity'`, `'NaN'`)],
  ['zero and NULL', one('float8', '0', 'null')],
  ['points of two decimals moved alike', two('numeric(12,2)', '19.90, 5.00', '199000.00, 50000.00')],
  ['no numbers and zeros', three('numeric(12,2)', `'NaN', 1, 'NaN'`, '0, 1, 0')],
  ['signs of two decimals', two('numeric(12,2)', '1.50, -2.50', '-1.50, 2.50')],
  ['two doubles moved alike', two('float8', '0.5, 0.5', '8192, 8192')],
  ['two doubles swapped', three('float8', '7, 0, 1.5', '7, 1.5, 0')],
  ['two small integers', one('int2', '1', '2')],
  ["a type of the database's own by a built-in name", one('public.uuid', `'(1)'`, `'(4294967296)'`)],
  ['two times moved alike', two('timestamptz', `'2026-01-01Z', '2026-01-01Z'`, `'2026-01-02Z', '2026-01-02Z'`)],
  ['two integers moved alike', two('int8', '1, 1', '65537, 65537')],
  ['a sign in jsonb', one('jsonb', `'{"a":1}'`, `'{"a":-1}'`)],
  ['nesting in jsonb', one('jsonb', `'[[[1]]]'`, `'[1]'`)],
  ['kinds of nothing in jsonb', one('jsonb', `'[]'`, `'{}'`)],
  ['dimensions of an array', one('int[]', `'{1}'`, `'{{1}}'`)],
  ['letters of a loose collation', one('text collate loose', `'a'`, `'A'`)],
  ['letters of a loose collation in an array', one('text[] collate loose', `'{a}'`, `'{A}'`)],
  ['such letters in an array, exactly', one('text[] collate loose', `'{a}'`, `'{A}'`, { compare: 'exact' })],
  ['infinity and minus infinity', one('timestamptz', `'infinity'`, `'-infinity'`)],
  ['44 BC and AD 44', one('date', `'0044-01-01 BC'`, `'0044-01-01'`)],
  ['the last digit of float8', one('float8', '0.1', '0.10000000000000002')],
  ['the last digit of float4', one('float4', '0.1', '0.10000001')],
  ['digits of a numeric without scale', one('numeric', '1.4', '1')],
  [
    'blanks around what looks like a UUID',
    one('text', `'6f1b1f5e-0000-4000-8000-000000000001 '`, `'6f1b1f5e-0000-4000-8000-000000000001'`),
  ],
  ['jsonb 1.5 and 1.50 are one value', one('json', `'{"b":1.50,"a":1}'`, `'{"a":1, "b":1.50}'`, { differing: [] })],
  ['NULL and an empty text', pair(`null, 'y'`, `'', 'y'`)],
  ['NULL and its name', pair(`null, 'y'`, `'NULL', 'y'`)],
  ['NULL and a stand-in', pair(`null, 'y'`, `'<null>', 'y'`)],
  ['NULL and NULL', pair('null, null', 'null, null', [])],
  ['a digit across columns', pair(`'x0', 'y'`, `'x', '0y'`)],
  ['a separator across columns', pair(`'a|b', 'c'`, `'a', 'b|c'`)],
  ['a quote and a comma across columns', pair(`'a","b', 'c'`, `'a', 'b","c'`)],
  ['NULL in the other column', pair(`null, 'a'`, `'a', null`)],
  ['composed and decomposed letters', pair(`U&'\\00e9', ''`, `chr(101) || chr(769), ''`)],
];

describe.each(HASHINGS)('hashing %s', (hashing) => {
  it.each(cases)('%s', async (_, tables) => {
    expect(await differingKeys(tables, hashing)).toEqual({
      byDigest: tables.differing,
      byHash: tables.differing,
      whole: tables.differing.length === 0,
    });
  });
});

describe('keys', () => {
  const keyed = async (type: string, targetType: string, a: string, b: string) => {
    const mapping = await mapped.table(`id ${type} primary key, x int`, `id ${targetType} primary key, x int`, {
      columns: [{ from: 'x', to: 'x', compare: 'exact' }],
    });
    await mapped.source.query(`insert into ${mapping.id} ${a}`);
    await mapped.target.query(`insert into ${mapping.id} ${b}`);
    return mapping;
  };

  it.each<[string, string, string, string, string, boolean]>([
    ['integers that differ by their sign word', 'int8', 'int8', 'values (-5, 1)', 'values (4294967291, 1)', false],
    [
      'letters that a loose collation takes for one',
      'text collate loose',
      'text collate loose',
      `values ('a', 1)`,
      `values ('A', 1)`,
      false,
    ],
    ['decimals of another scale', 'numeric', 'numeric', 'values (1.0, 1)', 'values (1.00, 1)', true],
    ['integers and decimals', 'int8', 'numeric', 'values (1, 1)', 'values (1.00, 1)', true],
    [
      'a uuid and its text',
      'uuid',
      'text',
      `values ('6f1b1f5e-0000-4000-8000-000000000001', 1)`,
      `values ('6f1b1f5e-0000-4000-8000-000000000001', 1)`,
      true,
    ],
    [
      'instants',
      'timestamptz',
      'timestamptz',
      `values ('2026-10-25 02:30+02', 1)`,
      `values ('2026-10-25 02:30+01', 1)`,
      false,
    ],
  ])('%s', async (_, type, targetType, a, b, same) => {
    const mapping = await keyed(type, targetType, a, b);
    for (const hashing of HASHINGS) {
      const { ranges: reader } = mapped.readers(mapping, hashing);
      const [left, right] = await Promise.all([
        reader.digest('source', [WHOLE_RANGE]),
        reader.digest('target', [WHOLE_RANGE]),
      ]);
      expect([left[0]?.rows, right[0]?.rows]).toEqual([1n, 1n]);
      expect(left[0]?.sum1 === right[0]?.sum1 && left[0]?.sum2 === right[0]?.sum2).toBe(same);
    }
  });
});
