import { afterEach, beforeEach, expect, it } from 'vitest';
import { STOCK, type StillTables, stillTables } from '../../../tools/stillTables.ts';
import { repairStatements } from './repairSql.ts';

let tables: StillTables;
beforeEach(async () => {
  tables = await stillTables(20);
});
afterEach(() => tables.close());

const ROWS = 'select item_id::text, sku, quantity, price::text, seen_at::text from';
const source = async () => (await tables.source.query(`${ROWS} inventory order by item_id`)).rows;
const target = async () => (await tables.target.query(`${ROWS} stock_level order by item_id`)).rows;
const repairs = (keys: string[]) => repairStatements(STOCK, tables.from, tables.to, keys);

async function spoil(): Promise<void> {
  await tables.target.query('update stock_level set quantity = 7, seen_at = now() where item_id = 1');
  await tables.target.query(`update stock_level set sku = null where item_id = 2`);
  await tables.target.query('delete from stock_level where item_id = 3');
  await tables.target.query(`insert into stock_level values (99, 'ghost', 1, 1, now())`);
}
const WRONG = ['1', '2', '3', '99'];

it('mends rows that differ, are missing, or are extra, whatever the session of who runs it', async () => {
  await tables.source.query(`update inventory set sku = 'o''brien \\ $1 "x"', price = null where item_id = 2`);
  await spoil();
  const before = await target();
  const script = await repairs(WRONG);
  expect(await target()).toEqual(before);
  const person = await tables.target.connect();
  await person.query(`set timezone = 'America/New_York'; set datestyle = 'SQL, DMY'`);
  await person.query(script.join('\n'));
  person.release(true);
  expect(await target()).toEqual(await source());
});

it('leaves alone a row that was written after it had been seen', async () => {
  await spoil();
  const script = await repairs(WRONG);
  await tables.target.query('update stock_level set quantity = 8 where item_id in (1, 2, 99)');
  await tables.target.query(`insert into stock_level values (3, 'applied meanwhile', 1, 1, now())`);
  const before = await target();
  await tables.target.query(script.join('\n'));
  expect(await target()).toEqual(before);
});

it('says of a key that is right again that there is nothing to do, and prints nothing for no keys', async () => {
  expect(await repairs([])).toEqual([]);
  const script = await repairs(['5', '1000']);
  expect(script.filter((line) => /^(update|insert|delete)/.test(line))).toEqual([]);
  expect(script).toContain('-- key "5": the rows are the same now');
  expect(script).toContain('-- key "1000": no row on either side any more');
});

it('can not be tricked out of its literals by a key', async () => {
  const texts = { ...STOCK, source: { ...STOCK.source, key: ['sku'] }, target: { ...STOCK.target, key: ['sku'] } };
  const mapping = { ...texts, columns: STOCK.columns.filter((column) => column.from !== 'sku') };
  const key = `'); drop table stock_level; --`;
  await tables.source.query('alter table inventory alter sku set not null, add unique (sku)');
  await tables.target.query('alter table stock_level alter sku set not null, add unique (sku)');
  await tables.target.query('update stock_level set sku = $1 where item_id = 4', [key]);
  const script = await repairStatements(mapping, tables.from, tables.to, [key, 'sku-5']);
  await tables.target.query(script.join('\n'));
  expect((await target()).map((row) => row.item_id)).not.toContain('4');
  expect(await target()).toHaveLength(19);
});
