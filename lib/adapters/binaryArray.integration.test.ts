import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase } from '../../tools/testDatabase.ts';
import { int8Array, textArray } from './binaryArray.ts';
import { arrayLiteral } from './store/arrayLiteral.ts';

let client: pg.Client;

beforeAll(async () => {
  client = new pg.Client(await createTestDatabase('arrays'));
  await client.connect();
});
afterAll(() => client.end());

/** What PostgreSQL reads of an array, element by element in words of its own. */
async function read(type: 'bigint' | 'text', array: Buffer | string): Promise<(string | null)[]> {
  const { rows } = await client.query<{ element: string | null }>(
    `select element::text from unnest($1::${type}[]) with ordinality as t(element, place) order by place`,
    [array],
  );
  return rows.map(({ element }) => element);
}

it('integers keep all of their 64 bits', async () => {
  const values = [0, -1, 1_795_271_470_695_123, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)];
  expect(await read('bigint', int8Array(values))).toEqual(values.map(String));
});

it('texts arrive as they are, whatever they hold', async () => {
  const values = ['', 'plain', null, '{"a":"b\\"c"}', 'NULL', '{,}', 'line\nline\ttab', 'Müller 木 🌳', null];
  expect(await read('text', textArray(values))).toEqual(values);
});

it.each([
  { name: 'plain texts', texts: ['1', '2', 'SKU-3'] },
  { name: 'one empty text', texts: [''] },
  { name: 'what a literal would read otherwise', texts: ['NULL', 'null', '{a,b}', ' a ', 'a,b', 'a\nb', '\t'] },
  { name: 'null beside its name', texts: [null, 'null', ''] },
  { name: 'quotes and backslashes', texts: ['"', '\\', 'a","b', '\\"', "'", 'a\\\\b'] },
  { name: 'one quote among plain texts', texts: ['a', 'b"', 'c'] },
  { name: 'characters beyond ASCII', texts: ['ä', '\u{1F600}', 'e\u0301'] },
])('PostgreSQL reads $name as they are', async ({ texts }) => {
  expect(await read('text', textArray(texts))).toEqual(texts);
});

it('empty arrays are empty', async () => {
  expect(await read('bigint', int8Array([]))).toEqual([]);
  expect(await read('text', textArray([]))).toEqual([]);
});

it('long ones keep their order', async () => {
  const values = Array.from({ length: 20_000 }, (_, index) => `row ${index}`);
  expect(await read('text', textArray(values))).toEqual(values);
});

it('a literal keeps its nulls apart', async () => {
  expect(await read('bigint', arrayLiteral([1n, null, '9007199254740993']))).toEqual(['1', null, '9007199254740993']);
});
