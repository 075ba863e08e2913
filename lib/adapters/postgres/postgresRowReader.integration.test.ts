import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { bareMapping, type TestReaders } from '../../../tools/testMapping.ts';
import { differingKeys } from '../../core/consistency/keyHashDiff.ts';
import { cutRange, type KeyRange, WHOLE_RANGE } from '../../core/consistency/keyRange.ts';
import { sameDigest } from '../../core/consistency/rangeDigest.ts';
import type { ColumnMapping, TableMapping } from '../../core/migration/definition.ts';
import { PostgresKeyReader } from './postgresKeyReader.ts';
import { PostgresRowReader } from './postgresRowReader.ts';
import { SourceDatabase } from './sourceDatabase.ts';

let a: pg.Client;
let b: pg.Client;
let urlA: string;
let urlB: string;
const opened: SourceDatabase[] = [];
const open = (id: string, url: string) => {
  const database = new SourceDatabase({ id, url, rowsPerSec: 1e9, allowWritable: true });
  opened.push(database);
  return database;
};

beforeAll(async () => {
  [urlA, urlB] = await Promise.all([createTestDatabase('reader_a'), createTestDatabase('reader_b')]);
  [a, b] = [new pg.Client(urlA), new pg.Client(urlB)];
  await Promise.all([a.connect(), b.connect()]);
});
afterAll(async () => {
  await Promise.all([...opened.map((database) => database.close()), a.end(), b.end()]);
});
let tables = 0;
interface Pair {
  readonly columns: string;
  readonly targetColumns?: string;
  readonly key?: readonly string[];
  readonly compared: readonly string[];
  readonly compare?: ColumnMapping['compare'];
  readonly source: string;
  readonly target: string;
}

const readerOf = async (pair: Pair): Promise<PostgresRowReader> => (await readersOf(pair)).ranges;

/** One table on each side, filled, and its readers. */
async function readersOf(pair: Pair): Promise<TestReaders> {
  const table = `t${++tables}`;
  await a.query(`create table ${table} (${pair.columns})`);
  await b.query(`create table ${table} (${pair.targetColumns ?? pair.columns})`);
  for (const [side, rows] of [[a, pair.source] as const, [b, pair.target] as const]) {
    if (rows !== '') await side.query(`insert into ${table} ${rows}`);
  }
  const mapping: TableMapping = {
    ...bareMapping(table, pair.key ?? ['id']),
    columns: pair.compared.map((name) => ({ from: name, to: name, compare: pair.compare ?? 'exact' })),
  };
  const databases = [open('a', urlA), open('b', urlB)] as const;
  return { ranges: new PostgresRowReader(mapping, ...databases), keys: new PostgresKeyReader(mapping, ...databases) };
}

/** Keys whose rows differ by digest and listing. */
async function found(pair: Pair, ranges: readonly KeyRange[] = [WHOLE_RANGE]): Promise<readonly string[]> {
  const reader = await readerOf(pair);
  const [left, right] = await Promise.all([reader.digest('source', ranges), reader.digest('target', ranges)]);
  const keys: string[] = [];
  for (const [i, range] of ranges.entries()) {
    const [x, y] = [left[i], right[i]];
    const differing = differingKeys(await reader.list('source', [range]), await reader.list('target', [range]));
    // A listing that differs under equal digests is a blind spot.
    expect(x !== undefined && y !== undefined && sameDigest(x, y)).toBe(differing.length === 0);
    keys.push(...differing);
  }
  return keys;
}

const TIMES = 'id bigint primary key, x text, at timestamptz';
const times = (shifted: readonly number[], shift: string) =>
  `select i, 'x' || i, timestamptz '2026-01-01' + i * interval '1 day' + case when i in (${[0, ...shifted]}) then interval '${shift}' else interval '0' end from generate_series(1, 10) i`;

describe('hash blind spots', () => {
  it.each<[string, Pair, readonly string[]]>([
    ['equal tables', { columns: TIMES, compared: ['x', 'at'], source: times([], '0'), target: times([], '0') }, []],
    [
      'ten minutes on four times',
      { columns: TIMES, compared: ['x', 'at'], source: times([], '0'), target: times([1, 2, 3, 4], '10 min') },
      ['1', '2', '3', '4'],
    ],
    [
      'seven hours on an even number of rows',
      { columns: TIMES, compared: ['x', 'at'], source: times([], '0'), target: times([2, 4], '7 h') },
      ['2', '4'],
    ],
    [
      'one column swapped between two rows',
      {
        columns: 'id bigint primary key, x text, y text',
        compared: ['x', 'y'],
        source: `values (1, 'a', 'p'), (2, 'b', 'q')`,
        target: `values (1, 'b', 'p'), (2, 'a', 'q')`,
      },
      ['1', '2'],
    ],
    [
      'a pair of rows twice',
      {
        columns: 'id bigint primary key, x text',
        targetColumns: 'id bigint not null, x text',
        compared: ['x'],
        source: `values (1, 'a'), (2, 'b')`,
        target: `values (1, 'a'), (2, 'b'), (1, 'a'), (2, 'b')`,
      },
      ['1', '2'],
    ],
  ])('%s', async (_, pair, expected) => expect(await found(pair)).toEqual(expected));
});

const TWO = { columns: 'id bigint primary key, x text, y text', compared: ['x', 'y'] };
describe('NULL and column boundaries', () => {
  it.each<[string, string, string, readonly string[]]>([
    ['NULL and an empty text', `values (1, null, 'y')`, `values (1, '', 'y')`, ['1']],
    ['NULL and its name', `values (1, null, 'y')`, `values (1, 'NULL', 'y')`, ['1']],
    ['NULL and a stand-in', `values (1, null, 'y')`, `values (1, '<null>', 'y')`, ['1']],
    ['NULL and NULL', `values (1, null, null)`, `values (1, null, null)`, []],
    ['a digit across columns', `values (1, 'x0', 'y')`, `values (1, 'x', '0y')`, ['1']],
    ['a separator across columns', `values (1, 'a|b', 'c')`, `values (1, 'a', 'b|c')`, ['1']],
    ['NULL in the other column', `values (1, null, 'a')`, `values (1, 'a', null)`, ['1']],
    ['composed and decomposed letters', `values (1, U&'\\00e9', '')`, `values (1, U&'e\\0301', '')`, ['1']],
  ])('%s', async (_, source, target, expected) => {
    expect(await found({ ...TWO, source, target })).toEqual(expected);
  });
});

describe('types', () => {
  const one = (type: string, source: string, target: string, more: Partial<Pair> = {}): Pair => ({
    columns: `id bigint primary key, x ${type}`,
    compared: ['x'],
    source: `values (1, ${source}::${type})`,
    target: `values (1, ${target}::${more.targetColumns?.split(' x ')[1] ?? type})`,
    ...more,
  });
  const as = (type: string) => ({ targetColumns: `id bigint primary key, x ${type}` });
  it.each<[string, Pair, boolean]>([
    ['numeric scale, exact', one('numeric', '1.5', '1.50'), true],
    ['numeric scale, semantic', one('numeric', '1.5', '1.50', { compare: 'semantic' }), false],
    ['the last digit of float8', one('float8', '0.1', '0.10000000000000002'), true],
    ['zero and minus zero, exact', one('float8', '0', `'-0'`), true],
    ['zero and minus zero, semantic', one('float8', '0', `'-0'`, { compare: 'semantic' }), false],
    ['infinity and minus infinity', one('timestamptz', `'infinity'`, `'-infinity'`), true],
    ['44 BC and AD 44', one('date', `'0044-01-01 BC'`, `'0044-01-01'`), true],
    ['key order of jsonb', one('jsonb', `'{"a":1,"b":2}'`, `'{"b":2,"a":1}'`), false],
    ['jsonb 1.0 and 1.00, exact', one('jsonb', `'1.0'`, `'1.00'`), true],
    ['int8 above 2^53', one('bigint', '9007199254740993', '9007199254740992'), true],
    ['int4 and int8', one('int', '40', '40', as('bigint')), false],
    ['an integer and its text', one('int', '40', `'40'`, as('text')), false],
    [
      'one instant in a time with and without zone, as microseconds',
      one('timestamptz', `'2026-01-01 02:00+02'`, `'2026-01-01'`, { ...as('timestamp'), compare: 'microseconds' }),
      false,
    ],
    ['bytea', one('bytea', `'\\x00ff'`, `'\\x00fe'`), true],
    ['arrays', one('text[]', `array['a,b']`, `array['a','b']`), true],
  ])('%s', async (_, pair, differs) => expect(await found(pair)).toEqual(differs ? ['1'] : []));
});

describe('range edges', () => {
  const numbers = (list: readonly (number | string)[]) =>
    list.length === 0 ? '' : `values ${list.map((n) => `(${n}, 'x')`).join(', ')}`;
  const ranges = cutRange(WHOLE_RANGE, [['0'], ['10'], ['20']]);
  const N = { columns: 'id bigint primary key, x text', compared: ['x'] };
  it.each<[string, readonly (number | string)[], readonly (number | string)[], readonly string[]]>([
    ['rows on the target only, below the first and above the last', [1, 2], [-5, 1, 2, 30], ['-5', '30']],
    ['each boundary key', [-1, 0, 10, 20], [-1], ['0', '10', '20']],
    ['the key before each boundary', [-1, 9, 19], [19], ['-1', '9']],
    ['an empty table', [], [5], ['5']],
    ['one row', [5], [5], []],
    [
      'the ends of the type',
      ['-9223372036854775808', '9223372036854775807'],
      [],
      ['-9223372036854775808', '9223372036854775807'],
    ],
  ])('%s', async (_, source, target, expected) => {
    expect(
      (await found({ ...N, source: numbers(source), target: numbers(target) }, ranges)).toSorted(
        (x, y) => Number(x) - Number(y),
      ),
    ).toEqual(expected);
  });

  it.each<[string, Pair]>([
    ['integers', { ...N, source: `select i, 'x' from generate_series(-40, 40) i`, target: '' }],
    [
      'uuids',
      {
        columns: 'id uuid primary key, x text',
        compared: ['x'],
        source: `select gen_random_uuid(), 'x' from generate_series(1, 80)`,
        target: '',
      },
    ],
    [
      'text in byte order, whatever the collation',
      {
        columns: 'id text collate "unicode" primary key, x text',
        targetColumns: 'id text primary key, x text',
        compared: ['x'],
        source: `select case when i % 2 = 0 then chr(65 + i % 26) else chr(97 + i % 26) end || i, 'x' from generate_series(1, 80) i`,
        target: '',
      },
    ],
    [
      'composite keys',
      {
        columns: 'k int, l text, x text, primary key (k, l)',
        key: ['k', 'l'],
        compared: ['x'],
        source: `select i % 5, 'l' || i, 'x' from generate_series(1, 80) i`,
        target: '',
      },
    ],
    [
      'numerics',
      {
        columns: 'id numeric primary key, x text',
        compared: ['x'],
        source: `select i / 3.0, 'x' from generate_series(-40, 40) i`,
        target: '',
      },
    ],
  ])('bounds of %s cut all rows into chunks, each row in exactly one', async (_, pair) => {
    const { ranges: reader, keys } = await readersOf(pair);
    const everything = new Set((await reader.list('source', [WHOLE_RANGE])).map((row) => row.key));
    let rest: KeyRange = WHOLE_RANGE;
    const seen: string[] = [];
    for (let chunks = 0; chunks < 100; chunks += 1) {
      const { inner, end } = await reader.bounds('source', rest, 7, 250);
      const chunk = cutRange({ lo: rest.lo, hi: end ?? rest.hi }, inner);
      const digests = await reader.digest('source', chunk);
      const rows = (await Promise.all(chunk.map((range) => reader.list('source', [range])))).flat();
      expect(digests.reduce((sum, digest) => sum + digest.rows, 0n)).toBe(BigInt(rows.length));
      seen.push(...rows.map((row) => row.key));
      if (end === null) break;
      rest = { lo: end, hi: null };
    }
    expect(seen.length).toBe(everything.size);
    expect(new Set(seen)).toEqual(everything);
    const first = seen[0] ?? '';
    expect((await keys.read('source', [first])).rows.get(first)?.tokens).toEqual(['x']);
  });

  it('walks steps inside a chunk by the same bounds on both sides', async () => {
    const reader = await readerOf({
      ...N,
      source: `select i, 'x' from generate_series(1, 2250) i`,
      target: `select i, 'x' from generate_series(1, 2250) i where i <> 625`,
    });
    const { inner, end } = await reader.bounds('source', WHOLE_RANGE, 1_000, 250);
    expect([inner, end]).toEqual([[['251'], ['501'], ['751']], ['1001']]);
    const chunk = cutRange({ lo: null, hi: end }, inner);
    const [left, right] = await Promise.all([reader.digest('source', chunk), reader.digest('target', chunk)]);
    expect(left.map((digest, i) => digest.rows - (right[i]?.rows ?? 0n))).toEqual([0n, 0n, 1n, 0n]);
  });
});

describe('reading rows', () => {
  it('gives snapshot, position, applied offsets and the shown text beside the compared one', async () => {
    const { keys: reader } = await readersOf({
      columns: 'id bigint primary key, x numeric',
      compared: ['x'],
      compare: 'semantic',
      source: 'values (1, 1.50)',
      target: 'values (1, 1.5)',
    });
    const read = await reader.read('target', ['1', '2']);
    expect([...read.rows]).toEqual([['1', { tokens: ['1.5'], texts: ['1.5'], copies: 1 }]]);
    expect((await reader.read('source', ['1'])).rows.get('1')).toEqual({ tokens: ['1.5'], texts: ['1.50'], copies: 1 });
    expect(read.snapshot).toMatch(/^\d+:\d+:/);
    expect(read.lsn).toBeGreaterThan(0n);
    expect(read.applied).toEqual(new Map([[0, 0n]]));
    expect(await reader.transactionId('source')).toBeGreaterThan(700n);
  });

  it('reads images of change events as the rows they describe, or says that it can not', async () => {
    const { keys: reader } = await readersOf({
      columns: 'id bigint primary key, q int, at timestamptz, n numeric(12,2), raw bytea',
      compared: ['q', 'at', 'n'],
      source: `values (1, 5, '2026-01-02 01:04:05.6789+00', 1.5, '\\x00')`,
      target: '',
    });
    const row = (await reader.read('source', ['1'])).rows.get('1');
    const images = await reader.images('source', [
      '{"q":5,"at":"2026-01-02T01:04:05.678900Z","n":"1.50"}',
      null,
      '{"q":"no number","at":null,"n":null}',
      '{"q":5,"n":"1.50"}',
      '{"q":5,"at":"__debezium_unavailable_value","n":"1.50"}',
    ]);
    expect(images).toEqual([row, null, 'unavailable', 'unavailable', 'unavailable']);
  });
});
