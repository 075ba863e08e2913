import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { READ_ONLY, urlOfNewRole } from '../../../tools/testReadOnlyRole.ts';
import { fillStock } from '../benchTables.ts';
import { runCli } from '../cli.ts';
import { DelayedCopy } from '../delayedCopy.ts';

let urlA: string;
let urlB: string;
let a: pg.Client;
let b: pg.Client;
/** As a role sees them that may read and nothing else. */
let readA: string;
let readB: string;

beforeAll(async () => {
  [urlA, urlB] = await Promise.all([createTestDatabase('diff_a'), createTestDatabase('diff_b')]);
  [a, b] = [new pg.Client(urlA), new pg.Client(urlB)];
  await Promise.all([a.connect(), b.connect()]);
  [readA, readB] = await Promise.all([urlOfNewRole(urlA, READ_ONLY), urlOfNewRole(urlB, READ_ONLY)]);
});
afterAll(() => Promise.all([a.end(), b.end()]));
afterEach(() => vi.restoreAllMocks());

/** Runs one command line on the two databases; what it printed and its exit code. */
async function diff(argv: readonly string[], urls: readonly string[] = [readA, readB]) {
  let out = '';
  let err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += text;
    return true;
  });
  vi.spyOn(console, 'error').mockImplementation((text) => {
    err += text;
  });
  const code = await runCli(['diff', ...urls, ...argv]);
  vi.restoreAllMocks();
  return { code, lines: out.split('\n').filter((line) => line !== ''), err };
}

/** Makes the table of the name anew on both sides. */
async function tables(name: string, columns: string, source: string, target: string): Promise<void> {
  for (const [side, rows] of [[a, source] as const, [b, target] as const]) {
    await side.query(`drop table if exists ${name}`);
    await side.query(`create table ${name} (${columns})`);
    if (rows !== '') await side.query(`insert into ${name} ${rows}`);
  }
}

const ITEM = 'id bigint primary key, sku text, qty int';
const AT_ONCE = ['--settle', '0s'];

describe('what it prints', () => {
  it('equal tables: nothing, exit 0, and how sure it is on standard error', async () => {
    await tables(
      'item',
      ITEM,
      `select i, 's' || i, i from generate_series(1, 2000) i`,
      `select i, 's' || i, i from generate_series(1, 2000) i`,
    );
    const { code, lines, err } = await diff(['item', ...AT_ONCE]);
    expect({ code, lines }).toEqual({ code: 0, lines: [] });
    expect(err).toContain('2,000 rows compared');
    expect(err).toContain('no difference; a key is called different only if its row in A was not written for 0 s');
  });

  it('a changed row as - and +, a row of one side as - or +; exit 1', async () => {
    await tables(
      'item',
      ITEM,
      `values (1, 'x', 1), (2, 'y', 2), (3, 'z', 3)`,
      `values (2, 'y', 9), (3, 'z', 3), (4, 'new', 4)`,
    );
    const { code, lines } = await diff(['item', ...AT_ONCE]);
    expect(code).toBe(1);
    expect(lines.toSorted()).toEqual(['+ 2', '+ 4', '- 1', '- 2']);
  });

  it('as JSON: one object a key, with both values', async () => {
    await tables('item', ITEM, `values (1, null, 1), (2, 'y', 2)`, `values (1, '', 1), (3, 'new', 3)`);
    const { lines } = await diff(['item', ...AT_ONCE, '--format', 'jsonl']);
    const found = lines.map((line) => JSON.parse(line)).toSorted((x, y) => Number(x.key.id) - Number(y.key.id));
    expect(found).toEqual([
      {
        key: { id: '1' },
        state: 'different',
        kind: 'different',
        columns: ['sku'],
        a: { sku: null, qty: '1' },
        b: { sku: '', qty: '1' },
        unchangedMs: 0,
      },
      {
        key: { id: '2' },
        state: 'different',
        kind: 'missing',
        columns: [],
        a: { sku: 'y', qty: '2' },
        b: null,
        unchangedMs: 0,
      },
      {
        key: { id: '3' },
        state: 'different',
        kind: 'extra',
        columns: [],
        a: null,
        b: { sku: 'new', qty: '3' },
        unchangedMs: 0,
      },
    ]);
  });
});

describe('what it compares', () => {
  it('takes tables, columns and keys of other names, and leaves out what it is told to', async () => {
    await a.query('create schema if not exists shop; grant usage on schema shop to public');
    await a.query(
      `drop table if exists shop.item; create table shop.item (k int, l text, qty int, note text, primary key (l, k))`,
    );
    await a.query(
      `grant select on shop.item to public; insert into shop.item select i % 7, 'l' || i, i, 'a' from generate_series(1, 900) i`,
    );
    await b.query(
      `drop table if exists goods; create table goods (k2 int, l text, amount int, note text, primary key (l, k2))`,
    );
    await b.query(`insert into goods select i % 7, 'l' || i, i + (i = 500)::int, 'b' from generate_series(1, 900) i`);
    const named = ['shop.item:public.goods', '--map', 'k=k2', '--map', 'qty=amount', ...AT_ONCE];
    expect((await diff([...named, '--columns', 'qty'])).lines).toEqual(['- ["l500","3"]', '+ ["l500","3"]']);
    expect((await diff([...named, '--columns', 'qty', '--key', 'k,l'])).lines).toEqual([
      '- ["3","l500"]',
      '+ ["3","l500"]',
    ]);
    expect((await diff([...named])).lines.length).toBe(1_800);
    expect((await diff([...named, '--columns', 'qty', '--where', `l <> 'l500'`])).code).toBe(0);
  });

  it('says which columns only one side has', async () => {
    await tables('item', ITEM, `values (1, 'x', 1)`, `values (1, 'x', 1)`);
    await b.query('alter table item add column added_at timestamptz');
    expect((await diff(['item', ...AT_ONCE])).err).toContain(
      'not compared, because only public.item of database B has it: added_at',
    );
  });

  it('names every key of a table that is empty on the other side, in either direction', async () => {
    const rows = `select i, 's', i from generate_series(1, 25000) i`;
    await tables('item', ITEM, rows, '');
    const missing = await diff(['item', ...AT_ONCE]);
    expect([missing.code, missing.lines.length, new Set(missing.lines).size]).toEqual([1, 25_000, 25_000]);
    await tables('item', ITEM, '', rows);
    const extra = await diff(['item', ...AT_ONCE]);
    expect([extra.code, extra.lines.length, extra.lines.every((line) => line.startsWith('+ '))]).toEqual([
      1,
      25_000,
      true,
    ]);
  });
});

describe('what it refuses', () => {
  const urlOf = (database: string) => {
    const url = new URL(readA);
    url.pathname = `/${database}`;
    return url.href;
  };
  const item = () => tables('item', ITEM, '', '');
  it.each<[string, readonly string[], number, RegExp]>([
    ['a table that is not there', ['itme'], 3, /table public\.itme is not in database A; did you mean public\.item\?/],
    [
      'a column that is not there',
      ['item', '--columns', 'qyt'],
      3,
      /public\.item of database A has no column qyt; did you mean qty\?/,
    ],
    ['a key that is not there', ['item', '--key', 'ident'], 3, /has no column ident/],
    ['a key that may be NULL', ['item', '--key', 'sku'], 3, /key column sku .* may be NULL/],
    ['a pair that is not there', ['item', '--map', 'qty=amount'], 3, /public\.item of database B has no column amount/],
    ['a condition that is no SQL', ['item', '--where', 'qty >'], 3, /the expression qty > is not valid/],
    ['a condition that changes with the time', ['item', '--where', 'qty < random()'], 3, /is volatile/],
    ['a settling time', ['item', '--settle', 'soon'], 64, /--settle soon is no duration/],
    ['a format', ['item', '--format', 'xml'], 64, /it is text or jsonl/],
    ['a map', ['item', '--map', 'qty'], 64, /--map "qty" is no pair of columns/],
    ['a table name', ['a.b.c'], 64, /names no table/],
    ['an option', ['item', '--no-such'], 64, /unknown option/],
  ])('%s', async (_, argv, code, message) => {
    await item();
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const result = await diff(argv);
    expect(result.code).toBe(code);
    expect(result.err).toMatch(message);
    expect(result.lines).toEqual([]);
  });

  it('a table without a key, with the option that helps', async () => {
    await tables('item', 'id bigint not null, qty int', '', '');
    const { code, err } = await diff(['item']);
    expect(code).toBe(3);
    expect(err).toMatch(/public\.item of database A has no primary key\s+fix: .*--key/);
  });

  it('types without a common form', async () => {
    await item();
    await b.query('alter table item alter column qty type bool using false');
    const { code, err } = await diff(['item']);
    expect(code).toBe(3);
    expect(err).toContain("qty can't be compared");
  });

  it('a table that may not be read, with the GRANT', async () => {
    await item();
    await b.query(`revoke select on item from ${new URL(readB).username}`);
    const { code, err } = await diff(['item']);
    expect(code).toBe(3);
    expect(err).toContain(`grant select on "public"."item" to "${new URL(readB).username}"`);
  });

  it('addresses that are wrong', async () => {
    expect(await diff(['item'], ['shop', readB])).toMatchObject({
      code: 64,
      err: expect.stringContaining('the first address is no PostgreSQL address'),
    });
    expect(await diff(['item'], [urlOf('nowhere'), readB])).toMatchObject({
      code: 3,
      err: expect.stringContaining('correct the name in the first address'),
    });
    const closed = 'postgresql://reader:secret@127.0.0.1:1/shop';
    const refused = await diff(['item'], [readA, closed]);
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('start it, or correct the second address') });
    expect(refused.err).not.toContain('secret');
  });

  it('a role that may write is told of, and reads all the same', async () => {
    await tables('item', ITEM, `values (1, 'x', 1)`, `values (1, 'x', 1)`);
    const { code, err } = await diff(['item', ...AT_ONCE], [urlA, readB]);
    expect(code).toBe(0);
    expect(err).toMatch(/note: database A: it is a superuser.*; the session reads only, all the same/);
  });
});

describe('under writes that reach the other side later', () => {
  const ROWS = 20_000;
  it('prints exactly the keys that are wrong, and none that is on its way', async () => {
    await Promise.all([a, b].map((side) => side.query('drop table if exists stock')));
    await Promise.all([fillStock(urlA, ROWS), fillStock(urlB, ROWS)]);
    let seed = 7;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const copy = new DelayedCopy({
      sourceUrl: urlA,
      targetUrl: urlB,
      rows: ROWS,
      updatesPerSec: 300,
      delayMs: [50, 200],
      random,
      deleteEvery: 10,
    });
    copy.start();
    const planted = Array.from({ length: 10 }, (_, i) => 1 + Math.floor(((i + 0.3) * ROWS) / 10));
    await copy.corrupt(planted);
    await expect.poll(() => copy.keysWritten, { timeout: 30_000 }).toBeGreaterThan(50);
    const { code, lines, err } = await diff(['stock', '--settle', '1s']);
    const wrong = planted.filter((key) => !copy.wasWritten(key));
    await copy.stop();
    const named = new Set(lines.filter((line) => !line.startsWith('?')).map((line) => Number(line.slice(2))));
    expect([...named].filter((key) => !planted.includes(key))).toEqual([]);
    expect(wrong.filter((key) => !named.has(key))).toEqual([]);
    expect(wrong.length).toBeGreaterThan(0);
    expect(code).toBe(1);
    expect(err).toContain('different only if its row in A was not written for 1 s');
  });

  it('a row that is written all the time is unsettled: ? and exit 2', async () => {
    await tables('item', ITEM, `values (1, 'x', 1)`, `values (1, 'x', -1)`);
    let writing = true;
    // Written back and forth: its values stay as they were, its version does not.
    const writer = (async () => {
      while (writing) await a.query('update item set qty = 3 - qty where id = 1');
    })();
    const { code, lines, err } = await diff(['item', '--settle', '200ms']);
    writing = false;
    await writer;
    expect({ code, lines }).toEqual({ code: 2, lines: ['? 1'] });
    expect(err).toContain('1 key unsettled');
  });
});
