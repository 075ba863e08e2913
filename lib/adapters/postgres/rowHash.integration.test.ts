// Fields are joined by exclusive or, which forgets whatever two of them have in common: rows of three fields with few
// values each, in every combination, must all have a hash of their own.
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { type HashedBy, rowHash } from './rowHash.ts';

let client: pg.Client;
beforeAll(async () => {
  client = new pg.Client(await createTestDatabase('row_hash'));
  await client.connect();
});
afterAll(() => client.end());

const powers = (of: number, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String(of ** (from + i)));
const signed = (values: readonly string[]) => values.flatMap((value) => [value, `-${value}`]);

const types: readonly (readonly [string, HashedBy, readonly string[]])[] = [
  ['int8', 'integer', ['0', ...signed(powers(2, 0, 12)), '4294967295', '4294967296', '-4294967296']],
  ['numeric(30,10)', 'numeric', ['0', 'NaN', ...signed([...powers(10, -8, 12), '19.90', '5', '0.5'])]],
  ['text', 'text', ['', ' ', 'a', 'b', 'ab', 'ba', 'NULL', '0', '1', ...powers(2, 1, 20)]],
  ['float8', { hasher: 'hashfloat8extended' }, ['0', 'NaN', 'Infinity', ...signed(powers(2, -8, 12))]],
  ['timestamp', { hasher: 'timestamp_hash_extended' }, ['infinity', '-infinity', ...days(30)]],
  ['bool', 'record', ['true', 'false']],
];

function days(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `2026-01-${String(i + 1).padStart(2, '0')}`);
}

it.each(types)('gives each combination of three fields of type %s its own hash', async (type, by, values) => {
  const hash = rowHash(['x.v', 'y.v', 'z.v'].map((sql) => ({ sql, by })));
  const { rows } = await client.query(
    `with v as (select u::${type} as v from unnest($1::text[]) u)
     select count(*)::int as rows, count(distinct ${hash})::int as hashes from v x, v y, v z`,
    [[...values, null]],
  );
  expect(rows[0]).toEqual({ rows: (values.length + 1) ** 3, hashes: (values.length + 1) ** 3 });
});
