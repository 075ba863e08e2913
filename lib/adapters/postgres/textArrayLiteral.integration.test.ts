import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { textArrayLiteral } from './textArrayLiteral.ts';

let pool: pg.Pool;
beforeAll(async () => {
  pool = new pg.Pool({ connectionString: await createTestDatabase('text_array'), max: 1 });
});
afterAll(async () => {
  await pool.end();
});

it.each([
  { name: 'no text', texts: [] },
  { name: 'plain texts', texts: ['1', '2', 'SKU-3'] },
  { name: 'one empty text', texts: [''] },
  { name: 'what a literal would read otherwise', texts: ['NULL', 'null', '{a,b}', ' a ', 'a,b', 'a\nb', '\t'] },
  { name: 'null beside its name', texts: [null, 'null', ''] },
  { name: 'quotes and backslashes', texts: ['"', '\\', 'a","b', '\\"', "'", 'a\\\\b'] },
  { name: 'one quote among plain texts', texts: ['a', 'b"', 'c'] },
  { name: 'characters beyond ASCII', texts: ['ä', '\u{1F600}', 'e\u0301'] },
])('PostgreSQL reads $name as they are', async ({ texts }) => {
  const { rows } = await pool.query('select $1::text[] as texts', [textArrayLiteral(texts)]);
  expect(rows[0].texts).toEqual(texts);
});
