import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Scenario, seedStore } from '../../../tools/seedStore.ts';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { type Database, openDatabase } from '../../adapters/store/database.ts';
import { createReadStore } from '../../adapters/store/readStore.ts';
import { verdictStore } from '../../adapters/store/verdictStore.ts';
import { LOCAL_OPERATOR } from '../requireRole.ts';
import { revealValues } from '../revealValues.ts';
import { readConsistency } from './readConsistency.ts';
import { readDivergence } from './readDivergence.ts';
import { type ListedDivergence, readDivergences } from './readDivergences.ts';
import type { Reading } from './reading.ts';
import { readTables } from './readTables.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 7);
const RANGE = { rangeMs: 900_000 };
const INVENTORY = { context: 'inventory', table: 'inventory' };
const clock = { nowMs: () => NOW };

const databases = new Map<Scenario, Database>();

beforeAll(async () => {
  for (const scenario of ['failing', 'passing', 'partless'] as const) {
    const url = await createTestDatabase(`consistency_${scenario}`);
    const database = await openDatabase({ url, applicationName: 'test', migrate: true });
    databases.set(scenario, database);
    await seedStore(database.pool, scenario, NOW);
  }
});

afterAll(async () => {
  for (const database of databases.values()) await database.close();
});

function pool(scenario: Scenario) {
  const found = databases.get(scenario);
  if (found === undefined) throw new Error(`not seeded: ${scenario}`);
  return found.pool;
}

const reading = (scenario: Scenario): Reading => ({ store: createReadStore(pool(scenario)), clock });

describe('the consistency page', () => {
  it('lists every row that is not clean, worst state first and oldest first in it', async () => {
    const { divergences, truncated } = await readConsistency(reading('failing'), LOCAL_OPERATOR, RANGE);
    const twice = Array.from({ length: 11 }, (_, i) => String(10_600 + i));
    expect(divergences.map(({ key }) => key)).toEqual(['10517', '10482', ...twice, '10533', '10711', '10900', '10820']);
    expect(divergences.map(({ state }) => state).slice(-3)).toEqual(['DIVERGED', 'STALLED', 'PENDING']);
    expect(truncated).toBe(false);
  });

  it('holds no value of a row', async () => {
    const text = JSON.stringify(await readConsistency(reading('failing'), LOCAL_OPERATOR, RANGE));
    for (const value of ['SKU-10517', 'fdp', '12:14:04']) expect(text).not.toContain(value);
  });

  it('puts the rows with one fault together, the largest group first', async () => {
    const { causes } = await readConsistency(reading('failing'), LOCAL_OPERATOR, RANGE);
    expect(causes[0]).toMatchObject({ text: 'quantity +1', leg: 'apply', state: 'DIVERGED' });
    expect(causes[0]?.keys).toHaveLength(11);
    expect(causes.map(({ text }) => text)).toContain('quantity differs, sku differs');
  });
});

describe('the tables', () => {
  it('have the newest complete pass beside the running one, with its progress', async () => {
    const [inventory] = await readTables(reading('failing'), LOCAL_OPERATOR, RANGE);
    expect([inventory?.newest?.state, inventory?.complete?.state]).toEqual(['running', 'complete']);
    expect(inventory?.progress).toMatchObject({ share: 0.375, rowsPerSec: 187.5 });
    expect(inventory?.progress?.etaAtMs).toBe(NOW + Math.round((1250 / 187.5) * 1000));
  });

  it('count each verdict apart', async () => {
    const [inventory] = await readTables(reading('failing'), LOCAL_OPERATOR, RANGE);
    const counts = inventory?.counts.map(({ state, kind, count }) => `${count} ${kind} ${state}`).toSorted();
    expect(counts).toEqual([
      '1 different PENDING',
      '1 different STALLED',
      '1 missing DIVERGED',
      '14 different DIVERGED',
    ]);
  });

  it('say why a table could not be compared', async () => {
    const tables = await readTables(reading('failing'), LOCAL_OPERATOR, RANGE);
    expect(tables[1]).toMatchObject({ table: 'reservation', complete: null, newest: { state: 'failed' } });
    expect(tables[1]?.newest?.detail).toContain('permission denied');
  });

  it('are known before they were ever compared', async () => {
    const tables = await readTables(reading('partless'), LOCAL_OPERATOR, RANGE);
    expect(tables).toMatchObject([
      { table: 'inventory', newest: null, complete: null, progress: null, sweeps: null, continuous: null },
      { table: 'reservation', newest: null },
    ]);
  });

  it('have the figures of continuous mode, and time to consistency over the range asked for', async () => {
    const [inventory, other] = await readTables(reading('failing'), LOCAL_OPERATOR, RANGE);
    expect(inventory?.continuous).toMatchObject({ state: 'ok', keysPerSec: 190, waiting: 12, stored: 0, skipped: 0 });
    expect(inventory?.verified.n).toBe(90 * 190);
    expect(inventory?.verified.withinShare).toBeCloseTo(1 - 3 / (90 * 190), 6);
    expect(inventory?.verified.columns.reduce((sum, { n }) => sum + n, 0)).toBe(90 * 190);
    expect(inventory?.applied.p99Ms).toBeLessThan(inventory?.verified.p99Ms ?? 0);
    expect([other?.continuous, other?.verified.n]).toEqual([null, 0]);
  });

  it('of a context that does not exist are not found', async () => {
    const asked = readTables(reading('failing'), LOCAL_OPERATOR, { ...RANGE, context: 'billing' });
    await expect(asked).rejects.toMatchObject({ code: 'not_found', fix: 'the contexts are inventory' });
  });
});

describe('divergences in pages', () => {
  const cursor = (text: string) => Buffer.from(text).toString('base64url');
  const page = (over: object) =>
    readDivergences(reading('failing'), LOCAL_OPERATOR, {
      ...INVENTORY,
      state: null,
      leg: null,
      after: null,
      limit: 100,
      ...over,
    });

  it.each([1, 4, 16, 17, 100])('of %i rows hold every row once, in the order first seen', async (limit) => {
    const whole = await page({});
    const rows: ListedDivergence[] = [];
    let after: string | null = null;
    do {
      const { rows: some, next }: Awaited<ReturnType<typeof page>> = await page({ after, limit });
      expect(some.length).toBeLessThanOrEqual(limit);
      rows.push(...some);
      after = next;
    } while (after !== null);
    expect(rows).toEqual(whole.rows);
    expect(rows).toHaveLength(17);
    expect(rows.map(({ firstSeenAt }) => firstSeenAt)).toEqual(rows.map(({ firstSeenAt }) => firstSeenAt).toSorted());
  });

  it('carry what leads to the cause, with positions as text, and no value', async () => {
    const { rows } = await page({ limit: 1 });
    expect(rows).toMatchObject([
      {
        key: '10517',
        verdict: 'DIVERGED',
        leg: 'apply',
        columns: ['quantity'],
        topic: 'monolith.public.inventory',
        partition: 2,
        offset: '88213',
        lsn: '0/1A2B88',
        txid: '7312',
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        sagaId: 'ord-77121',
      },
    ]);
    expect(JSON.stringify(rows)).not.toContain('SKU-');
  });

  it.each([
    ['by state', { state: 'STALLED' }, ['10900']],
    ['by leg', { leg: 'capture' }, ['10482']],
    ['by both, to none', { state: 'STALLED', leg: 'capture' }, []],
  ])('are narrowed %s', async (_name, over, keys) => {
    expect((await page(over)).rows.map(({ key }) => key)).toEqual(keys);
  });

  it.each([
    ['a cursor of nobody', { after: 'nonsense' }, 'bad_input', /not a cursor/],
    ['a cursor after the year 9999', { after: cursor('999999999999999 7') }, 'bad_input', /not a cursor/],
    ['a cursor with a NUL', { after: cursor('1 7\0') }, 'bad_input', /holds a NUL/],
    ['a table that is not mapped', { table: 'inventry' }, 'not_found', /did you mean inventory/],
    ['a context that does not exist', { context: 'billing' }, 'not_found', /billing is not among the contexts/],
  ])('are refused for %s', async (_name, over, code, message) => {
    await expect(page(over)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('one row', () => {
  const row = (key: string) => readDivergence(reading('failing'), LOCAL_OPERATOR, { ...INVENTORY, key });

  it('has its columns with how they differ from what the events say, and no value', async () => {
    const found = await row('10517');
    expect(
      found.lines.map(({ column, targetColumn, difference, hidden }) => [column, targetColumn, difference, hidden]),
    ).toEqual([
      ['quantity', 'quantity', '≠', false],
      ['reserved', 'reserved', '=', false],
      ['sku', 'stock_code', '=', true],
      ['updated_at', 'updated_at', '=', false],
    ]);
    expect(found.detail).toMatchObject({ firstBadOffset: '88190', sagaId: 'ord-77121' });
    expect(Date.parse(found.detail.targetCommittedAt ?? '') - Date.parse(found.detail.sourceCommittedAt ?? '')).toBe(
      600,
    );
    expect(JSON.stringify(found)).not.toContain('SKU-10517');
  });

  it('is found after it was resolved', async () => {
    expect(await row('10400')).toMatchObject({ state: 'DIVERGED', resolvedAt: new Date(NOW - 3000).toISOString() });
  });

  it.each(['7\0', '["7\\u0000","1"]'])('is refused by the key %j, which no database can hold', async (key) => {
    await expect(row(key)).rejects.toMatchObject({ code: 'bad_input' });
  });

  it('is not found if it never differed', async () => {
    await expect(row('1')).rejects.toMatchObject({ code: 'not_found', fix: expect.stringContaining('recheck') });
  });
});

describe('values', () => {
  const stages = () => ({ store: verdictStore(pool('failing')), clock });
  const reveal = (columns: readonly string[] | null, principal = LOCAL_OPERATOR, key = '10482') =>
    revealValues(reading('failing'), stages(), principal, { ...INVENTORY, key, columns });

  it('are shown when asked for, without those that the configuration hides', async () => {
    expect(await reveal(null)).toEqual({
      source: { quantity: '7', reserved: '3', updated_at: '2026-11-21 12:14:04.120113+00' },
      expected: null,
      target: { quantity: '9', reserved: '3', updated_at: '2026-11-21 12:14:04.120113+00' },
    });
  });

  it('that the configuration hides are shown to nobody, though they were kept before', async () => {
    await expect(reveal(['sku'])).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringContaining('keeps no values of sku'),
    });
  });

  it('leave a trace of who looked at which columns, not of what was seen', async () => {
    await reveal(['quantity']);
    const { rows } = await pool('failing').query(
      `select principal, subject, detail from audit_entry where action = 'values.reveal' order by seq desc limit 1`,
    );
    expect(rows).toEqual([
      { principal: LOCAL_OPERATOR.id, subject: 'inventory/inventory', detail: { key: '10482', columns: ['quantity'] } },
    ]);
  });

  it.each([
    ['one who may only view', ['quantity'], { ...LOCAL_OPERATOR, roles: ['viewer'] as const }, '10482', 'forbidden'],
    ['a column that is not compared', ['iban'], LOCAL_OPERATOR, '10482', 'bad_input'],
    ['a key with a NUL', ['quantity'], LOCAL_OPERATOR, '7\0', 'bad_input'],
    ['a row that is not known', ['quantity'], LOCAL_OPERATOR, '1', 'not_found'],
  ])('are refused for %s', async (_name, columns, principal, key, code) => {
    const entries = async () => (await pool('failing').query('select count(*) as n from audit_entry')).rows[0]?.n;
    const before = await entries();
    await expect(reveal(columns, principal, key)).rejects.toMatchObject({ code });
    expect(await entries()).toBe(before);
  });
});
