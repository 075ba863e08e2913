import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import type { SpanRow } from '../../core/trace/span.ts';
import type { SpanFacts, SpanStore } from '../../ports/spanStore.ts';
import { type Database, openDatabase } from './database.ts';
import { spanStore } from './spanStore.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 21, 12);

let database: Database;
let store: SpanStore;
beforeAll(async () => {
  const url = await createTestDatabase('span_store');
  database = await openDatabase({ url, applicationName: 'test', migrate: true });
  store = spanStore({ pool: database.pool, timeoutMs: 1_000 });
});
afterAll(() => database.close());

let sequence = 0;
function span(change: Partial<SpanRow> = {}): SpanRow {
  sequence += 1;
  return {
    traceId: sequence.toString(16).padStart(32, '0'),
    spanId: sequence.toString(16).padStart(16, '0'),
    day: '2026-11-21',
    parentSpanId: null,
    service: 'facade',
    name: 'GET',
    kind: 2,
    startNs: BigInt(NOW_MS) * 1_000_000n,
    durationNs: 1n,
    statusCode: 0,
    statusMessage: null,
    route: null,
    attributes: {},
    events: [],
    links: [],
    warnings: [],
    receivedMs: NOW_MS,
    ...change,
  };
}

const nothing = (): SpanFacts => ({ buckets: [], bins: [], sources: [] });
const write = (...rows: SpanRow[]) => store.write(rows, NOW_MS, nothing);

async function daysOf(table: string): Promise<string[]> {
  const { rows } = await database.pool.query(`select distinct day::text as day from ${table} order by 1`);
  return rows.map((row) => row.day);
}

async function partitions(): Promise<string[]> {
  const { rows } = await database.pool.query(
    `select relname from pg_inherits join pg_class on oid = inhrelid where inhparent = 'span'::regclass order by 1`,
  );
  return rows.map((row) => row.relname);
}

describe('partitions', () => {
  it('are made for the kept and the coming days, take rows that came before them, and are dropped when old', async () => {
    await write(span(), span({ day: '1970-01-01' }), span({ day: '2026-11-19' }));
    expect(await daysOf('span_default')).toEqual(['1970-01-01', '2026-11-19', '2026-11-21']);

    await store.keepPartitions({ nowMs: NOW_MS, retentionDays: 2 });
    const days = ['20261119', '20261120', '20261121', '20261122', '20261123'];
    expect(await partitions()).toEqual([...days.map((day) => `span_${day}`), 'span_default']);
    expect(await daysOf('span_default')).toEqual(['1970-01-01']);
    expect(await daysOf('span')).toEqual(['1970-01-01', '2026-11-19', '2026-11-21']);

    await store.keepPartitions({ nowMs: NOW_MS + DAY_MS, retentionDays: 2 });
    expect(await partitions()).not.toContain('span_20261119');
    expect(await partitions()).toContain('span_20261124');
    expect(await daysOf('span')).toEqual(['1970-01-01', '2026-11-21']);
  });

  it('hold the key: a span that moved into one is still known', async () => {
    const row = span({ day: '2026-12-24' });
    await write(row);
    await store.keepPartitions({ nowMs: Date.UTC(2026, 11, 24), retentionDays: 60 });
    expect(await write(row)).toEqual([false]);
  });
});

describe('the making of partitions', () => {
  it.each([
    ['gives way to writers instead of holding up those behind it', 'lock table span_default in row exclusive mode'],
    ['does not wait for the audit', 'select pg_advisory_xact_lock(72707370)'],
  ])('%s', async (_name, hold) => {
    const holder = await database.pool.connect();
    try {
      await holder.query('begin');
      await holder.query(hold);
      const keeping = store.keepPartitions({ nowMs: NOW_MS + 40 * DAY_MS, retentionDays: 60 });
      if (hold.startsWith('lock')) await expect(keeping).rejects.toThrow(/lock timeout/);
      else await keeping;
    } finally {
      await holder.query('rollback');
      holder.release();
    }
  });
});

describe('writing', () => {
  it('keeps every field and character as it was', async () => {
    const row = span({
      name: 'tab\t newline\n back\\slash "quote" \\N {brace} ␀ 🌳',
      parentSpanId: 'b7ad6b7169203331',
      statusMessage: '',
      startNs: 9_223_372_036_854_775_807n,
      durationNs: 9_007_199_254_740_993n,
      attributes: { 'a\\b\n': ['x\t"', 1.5, true, null], big: '9223372036854775807' },
      events: [{ timeNs: '1', name: 'e\\', attributes: {} }],
      links: [{ traceId: 'a', spanId: 'b', attributes: { k: 'v' } }],
      warnings: ['clock_skew', 'invalid_text'],
    });
    const twin = { ...row, spanId: 'f'.repeat(16) };
    const readBack = async (spanId: string) =>
      (await database.pool.query('select * from span where span_id = $1', [spanId])).rows[0];
    await write(row);
    // The twin comes with a repeated span, so it goes the other way in.
    await store.write([row, twin], NOW_MS, nothing);
    for (const stored of [await readBack(row.spanId), await readBack(twin.spanId)]) {
      expect(stored).toMatchObject({
        name: row.name,
        parent_span_id: row.parentSpanId,
        status_message: '',
        start_ns: '9223372036854775807',
        duration_ns: '9007199254740993',
        attributes: row.attributes,
        events: row.events,
        links: row.links,
        warnings: row.warnings,
      });
    }
  });

  it('says which spans were new, also when some were not', async () => {
    const [a, b, c] = [span(), span(), span()];
    expect(await write(a, b)).toEqual([true, true]);
    expect(await write(a, b, c)).toEqual([false, false, true]);
    expect(await write(a, b, c)).toEqual([false, false, false]);
  });

  it('stores nothing when the counting fails', async () => {
    const row = span();
    const failing = store.write([row], NOW_MS, () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
    expect(await write(row)).toEqual([true]);
  });

  it('gives up on a store that does not answer, and works again after it', async () => {
    const blocker = await database.pool.connect();
    await blocker.query('begin; lock table span in access exclusive mode');
    const row = span();
    await expect(write(row)).rejects.toMatchObject({ code: 'unavailable', retriable: true });
    await blocker.query('rollback');
    blocker.release();
    expect(await write(row)).toEqual([true]);
  });

  it('calls a row that the table refuses bad input', async () => {
    await expect(write(span({ kind: 2 ** 40 }))).rejects.toMatchObject({ code: 'bad_input', retriable: false });
  });
});
