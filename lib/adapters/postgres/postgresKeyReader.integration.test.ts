import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import type { TableMapping } from '../../core/migration/definition.ts';
import type { PlanOptions } from './planTable.ts';
import { PostgresKeyReader } from './postgresKeyReader.ts';
import { SourceDatabase } from './sourceDatabase.ts';

const APPLIED = 'select partition, next_offset from applied_offset where topic = $1; ';

let pool: pg.Pool;
let database: SourceDatabase;

/** One database on both sides: what is read of a side is the same. */
function reader(table: string, key: readonly string[], options: PlanOptions = {}): PostgresKeyReader {
  const side = { database: 'shop', schema: 'public', table, key };
  const mapping: TableMapping = {
    id: table,
    source: side,
    target: side,
    columns: [{ from: 'quantity', to: 'quantity', compare: 'exact' }],
    topic: 'shop.public.stock',
    applied: { kind: 'table', query: APPLIED },
  };
  return new PostgresKeyReader(mapping, database, database, options);
}

beforeAll(async () => {
  const url = await createTestDatabase('key_reader');
  pool = new pg.Pool({ connectionString: url, max: 1 });
  database = new SourceDatabase({ id: 'shop', url, rowsPerSec: Number.POSITIVE_INFINITY, allowWritable: true });
  await pool.query(`
    create table stock (item_id bigint, shop text, quantity int, primary key (item_id, shop));
    create table parcel (id uuid, weight numeric, code char(6), quantity int, primary key (id, weight, code));
    create table daily (day date primary key, quantity int);
    create table applied_offset (topic text, partition int, next_offset bigint);
    insert into applied_offset values ('shop.public.stock', 0, 9007199254740993), ('other', 0, 1);
    insert into stock values (1, 'north', 5), (1, 'south', null);`);
});

afterAll(async () => {
  await Promise.all([pool.end(), database.close()]);
});

describe('images of events', () => {
  it('are read in pages, each within the budget of rows', async () => {
    const spent = vi.spyOn(database.budget, 'take');
    const after = Array.from({ length: 4_500 }, (_, i) =>
      JSON.stringify({ item_id: '1', shop: 'a', quantity: `${i}` }),
    );
    const rows = await reader('stock', ['item_id', 'shop']).images('source', after);
    expect(rows.map((row) => (row === null || row === 'unavailable' ? row : row.tokens[0]))).toEqual(
      after.map((_, i) => `${i}`),
    );
    expect(spent.mock.calls).toEqual([[2_000], [2_000], [500]]);
    spent.mockRestore();
  });
});

describe('rows by key', () => {
  it('come with their writer, the snapshot, a later log position and, on the target, the exact applied position', async () => {
    const { rows: tx } = await pool.query(
      `update stock set quantity = 6 where shop = 'north' returning xmin::text as id`,
    );
    const { rows: at } = await pool.query(`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as lsn`);
    const keys = ['["1","north"]', '["1","south"]', '["2","north"]'];
    const read = await reader('stock', ['item_id', 'shop']).read('target', keys);
    expect([...read.rows]).toEqual([
      ['["1","north"]', { tokens: ['6'], texts: ['6'], copies: 1 }],
      ['["1","south"]', { tokens: [null], texts: [null], copies: 1 }],
    ]);
    expect(read.writtenBy.get('["1","north"]')).toBe(BigInt(tx[0].id));
    expect(read.applied).toEqual(new Map([[0, 9007199254740993n]]));
    expect(read.snapshot).toMatch(/^\d+:\d+:/);
    expect(read.lsn).toBeGreaterThanOrEqual(BigInt(at[0].lsn));
    expect(read.owners).toBeNull();
  });

  it('come without a position on the source, and with a snapshot where there is none', async () => {
    const read = await reader('stock', ['item_id', 'shop']).read('source', ['["7","north"]']);
    expect(read).toMatchObject({ applied: null, snapshot: expect.stringMatching(/^\d+:\d+:/) });
    expect(read.rows.size).toBe(0);
  });
});

describe('hashes of rows by key', () => {
  const of = async (form: 'hashes' | 'values', ...keys: string[]) => {
    const read = await reader('stock', ['item_id', 'shop']).read('target', keys, form);
    return { ...read, tokens: keys.map((key) => read.rows.get(key)?.tokens) };
  };
  const [north, south, nowhere] = ['["1","north"]', '["1","south"]', '["2","north"]'];

  it('are one text a row, beside what comes with its values', async () => {
    const [hashes, values] = [await of('hashes', north, south, nowhere), await of('values', north, south, nowhere)];
    expect(hashes.tokens).toEqual([[expect.stringMatching(/^-?\d+$/)], [expect.stringMatching(/^-?\d+$/)], undefined]);
    expect(hashes.rows.get(north)?.copies).toBe(1);
    expect(hashes.writtenBy).toEqual(values.writtenBy);
    expect(hashes.applied).toEqual(values.applied);
  });

  it('are the same while the row is, and others when a value changes, also to NULL', async () => {
    const before = await of('hashes', north, south);
    expect((await of('hashes', north, south)).tokens).toEqual(before.tokens);
    await pool.query(`update stock set quantity = case when shop = 'north' then quantity + 1 else 0 end`);
    const changed = await of('hashes', north, south);
    expect(changed.tokens[0]).not.toEqual(before.tokens[0]);
    expect(changed.tokens[1]).not.toEqual(before.tokens[1]);
    await pool.query(`update stock set quantity = case when shop = 'north' then quantity - 1 end`);
    expect((await of('hashes', north, south)).tokens).toEqual(before.tokens);
  });

  it('are values where two servers hash in two ways', async () => {
    const sha256 = reader('stock', ['item_id', 'shop'], { hashing: 'sha256' });
    expect((await sha256.read('target', [north], 'hashes')).rows).toEqual((await sha256.read('target', [north])).rows);
  });
});

describe('keys as somebody wrote them', () => {
  const uuid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
  it.each([
    ['stock', ['item_id', 'shop'], ['["01","north"]', '["1", "North"]'], ['["1","north"]', '["1","North"]']],
    [
      'parcel',
      ['id', 'weight', 'code'],
      [JSON.stringify([uuid.toUpperCase(), '1.50', 'ab    '])],
      [JSON.stringify([uuid, '1.5', 'ab'])],
    ],
  ])('of %s by %j: %j are the rows %j', async (table, key, keys, rows) => {
    expect(await reader(table, key).canonicalKeys(keys)).toEqual(rows);
  });

  it.each(['["seven","north"]', '["99999999999999999999","north"]', '["1","no\\u0000rth"]'])(
    '%s is no key',
    async (key) => {
      await expect(reader('stock', ['item_id', 'shop']).canonicalKeys([key])).rejects.toMatchObject({
        code: 'bad_input',
        message: expect.stringContaining('not a key of item_id, shop'),
      });
    },
  );
});

it('says which keys change events write in another form', async () => {
  expect(await reader('stock', ['item_id', 'shop']).keyProblem('source')).toBeNull();
  expect(await reader('daily', ['day']).keyProblem('source')).toMatch(/key column day of public\.daily is a date/);
});
