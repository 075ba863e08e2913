import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { bareMapping } from '../../../tools/testMapping.ts';
import { PostgresRowReader } from './postgresRowReader.ts';
import { SourceDatabase } from './sourceDatabase.ts';

let owner: pg.Client;
let database: SourceDatabase;
let reader: PostgresRowReader;

beforeAll(async () => {
  const url = await createTestDatabase('prepared');
  owner = new pg.Client(url);
  await owner.connect();
  await owner.query(
    'create table stock (id bigint primary key, sku text); insert into stock select i, i from generate_series(1, 900) i',
  );
  // One connection: what one statement prepares the next one finds.
  database = new SourceDatabase({ id: 'a', url, rowsPerSec: 1e9, allowWritable: true, maxConnections: 1 });
  const columns = [{ from: 'sku', to: 'sku', compare: 'exact' as const }];
  reader = new PostgresRowReader({ ...bareMapping('stock', ['id']), columns }, database, database);
  await reader.prepare();
});
afterAll(async () => {
  await database.close();
  await owner.end();
});

/** Rows of ranges that end at these keys, counted by the reader. */
async function rowsOf(...ends: readonly number[]): Promise<readonly bigint[]> {
  const ranges = ends.map((end, i) => ({ lo: [String(ends[i - 1] ?? 1)], hi: [String(end)] }));
  return (await reader.digest('source', ranges)).map(({ rows }) => rows);
}

const prepared = async () =>
  (await database.query(z.object({ name: z.string() }), 'select name from pg_prepared_statements')).length;

it('prepares one statement for ranges with two ends, however many, and none for the others', async () => {
  expect(await rowsOf(101)).toEqual([100n]);
  for (let count = 2; count < 9; count += 1) {
    expect(await rowsOf(...Array.from({ length: count }, (_, i) => 101 + i * 100))).toHaveLength(count);
  }
  expect(await prepared()).toBe(1);
  await reader.digest('source', [{ lo: null, hi: ['11'] }]);
  await reader.digest('source', [{ lo: ['11'], hi: null }]);
  expect(await prepared()).toBe(1);
  await reader.list('source', [{ lo: ['1'], hi: ['11'] }]);
  await reader.list('source', [
    { lo: ['1'], hi: ['11'] },
    { lo: ['11'], hi: ['21'] },
  ]);
  expect(await prepared()).toBe(2);
});

it('goes on where the table was altered, or made again', async () => {
  await owner.query('alter table stock add note text');
  expect(await rowsOf(101)).toEqual([100n]);
  await owner.query('alter table stock alter sku type varchar(40)');
  expect(await rowsOf(101)).toEqual([100n]);
  await owner.query('alter table stock rename to old; create table stock (id bigint primary key, sku text)');
  expect(await rowsOf(101)).toEqual([0n]);
  await owner.query('drop table stock');
  await expect(rowsOf(101)).rejects.toMatchObject({ code: 'not_found' });
  await owner.query('alter table old rename to stock');
  expect(await rowsOf(101)).toEqual([100n]);
});

it('does without, where a pooler gives each transaction another session', async () => {
  await database.query(z.object({}), 'deallocate all');
  expect(await rowsOf(101)).toEqual([100n]);
  expect(await rowsOf(101, 201)).toEqual([100n, 100n]);
  expect(await prepared()).toBe(0);
});
