import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { runCli } from '../cli.ts';

const BAR = '\r\x1b[2K[';
const CLEARED = '\r\x1b[2K';

let urls: string[];
let target: pg.Client;
beforeAll(async () => {
  urls = await Promise.all([createTestDatabase('progress_a'), createTestDatabase('progress_b')]);
  for (const connectionString of urls) {
    const side = new pg.Client({ connectionString });
    await side.connect();
    await side.query('create table item (id bigint primary key, qty int)');
    await side.query('insert into item select i, i from generate_series(1, 20000) i; analyze item');
    await side.end();
  }
  target = new pg.Client({ connectionString: urls[1] });
  await target.connect();
});
afterAll(() => target.end());
afterEach(() => vi.restoreAllMocks());

/** Compares in four parts, a second apart, so that much is left when the first bar is drawn; what was written to standard error, piece by piece. */
async function diff(isTTY: boolean, onBar: () => Promise<unknown> = async () => undefined) {
  const written: string[] = [];
  let told: Promise<unknown> | null = null;
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(console, 'error').mockImplementation((text) => written.push(`${text}\n`));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    if (String(text).startsWith(BAR)) told ??= onBar();
    return true;
  });
  const real = process.stderr.isTTY;
  process.stderr.isTTY = isTTY;
  try {
    const code = await runCli(['diff', ...urls, 'item', '--settle', '0s', '--rows-per-sec', '5000']);
    await told;
    return { code, written: written.filter((text) => !text.startsWith('note: ')) };
  } finally {
    process.stderr.isTTY = real;
  }
}

it('on a terminal: a bar, taken away before the summary', async () => {
  const { code, written } = await diff(true);
  expect(code).toBe(0);
  expect(written.filter((text) => text.startsWith(BAR)).length).toBeGreaterThan(1);
  expect(written.at(-2)).toBe(CLEARED);
  expect(written.at(-1)).toMatch(/^20,000 rows compared in .*\n$/);
});

it('on a terminal: taken away before an error too', async () => {
  const { code, written } = await diff(true, () => target.query('alter table item rename to gone'));
  await target.query('alter table gone rename to item');
  expect(code).toBe(3);
  const error = written.findIndex((text) => /does not exist|is not in database/.test(text));
  expect(written[error - 1]).toBe(CLEARED);
});

it('on a pipe: no bar, and nothing to take away', async () => {
  const { written } = await diff(false);
  expect(written.join('')).not.toContain('\x1b');
  expect(written.at(-1)).toMatch(/^20,000 rows compared in .*\n$/);
});
