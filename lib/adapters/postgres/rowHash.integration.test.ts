// Fields are joined by exclusive or, which forgets whatever two of them have in common: rows of three fields with few
// values each, in every combination, must all have a hash of their own.
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { byInteger, type HashedBy, mixed, rowHash } from './rowHash.ts';

let client: pg.Client;
beforeAll(async () => {
  client = new pg.Client(await createTestDatabase('row_hash'));
  await client.connect();
});
afterAll(() => client.end());

const powers = (of: number, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String(of ** (from + i)));
const signed = (values: readonly string[]) => values.flatMap((value) => [value, `-${value}`]);

type Typed = readonly [type: string, by: HashedBy, values: readonly string[]];

const types: readonly Typed[] = [
  ['int8', 'integer', ['0', ...signed(powers(2, 0, 12)), '4294967295', '4294967296', '-4294967296']],
  ['int4', byInteger('int4', 'int2'), ['0', ...signed(powers(2, 0, 15)), '2147483647', '-2147483648']],
  ['numeric(30,10)', 'numeric', ['0', 'NaN', ...signed([...powers(10, -8, 12), '19.90', '5', '0.5'])]],
  ['text', 'text', ['', ' ', 'a', 'b', 'ab', 'ba', 'NULL', '0', '1', ...powers(2, 1, 20)]],
  ['float8', 'float', ['0', 'NaN', 'Infinity', ...signed(powers(2, -8, 12))]],
  ['timestamp', { hasher: 'pg_catalog.timestamp_hash_extended' }, ['infinity', '-infinity', ...days(30)]],
  ['bool', 'record', ['true', 'false']],
];

function days(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `2026-01-${String(i + 1).padStart(2, '0')}`);
}

async function hashesOf(fields: readonly Typed[]) {
  const lists = fields.map(([type], i) => `(select u::${type} as v from unnest($${i + 1}::text[]) u) f${i}`);
  const hash = rowHash(fields.map(([, by], i) => ({ sql: `f${i}.v`, by })));
  const { rows } = await client.query(
    `select count(*)::int as rows, count(distinct ${hash})::int as hashes from ${lists.join(', ')}`,
    fields.map(([, , values]) => [...values, null]),
  );
  return rows[0];
}

it.each(types)('gives each combination of three fields of type %s its own hash', async (...typed) => {
  const rows = (typed[2].length + 1) ** 3;
  expect(await hashesOf([typed, typed, typed])).toEqual({ rows, hashes: rows });
});

// Of a pair, one's hash is the seed of the other's: each kind is tried in both parts, and beside each other kind.
const some = types.map(([type, by, values]): Typed => [type, by, values.slice(0, 12)]);
const mixtures = some.flatMap((a) =>
  some.map((b): [string, readonly Typed[]] => [`${a[0]} and ${b[0]}`, [a, b, a, b]]),
);

it.each(mixtures)('gives each combination of two pairs of %s its own hash', async (_, fields) => {
  const rows = fields.reduce((product, [, , values]) => product * (values.length + 1), 1);
  expect(await hashesOf(fields)).toEqual({ rows, hashes: rows });
});

it('mixes all 64 bits of a hash', async () => {
  const hashes = ['0', ...signed(powers(2, 0, 62)), '4294967295', '4294967297', '-9223372036854775808'];
  const { rows } = await client.query(`select count(distinct ${mixed('h')})::int as mixes from unnest($1::int8[]) h`, [
    hashes,
  ]);
  expect(rows[0]).toEqual({ mixes: hashes.length });
});
