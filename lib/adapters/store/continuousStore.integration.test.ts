import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import type { ContinuousProgress, WaitingChange } from '../../ports/continuousStore.ts';
import type { KeyFinding } from '../../ports/verifyStore.ts';
import { StoredContinuous } from './continuousStore.ts';
import { type Database, openDatabase } from './database.ts';

const TARGET = { context: 'inventory', table: 'stock' };
const AT = { topic: 'shop.stock', part: 0 };
const NOW_MS = Math.floor(Date.now() / 1_000) * 1_000;

let db: Database;
let store: StoredContinuous;

beforeAll(async () => {
  db = await openDatabase({ url: await createTestDatabase('continuous'), applicationName: 'test', migrate: true });
  store = new StoredContinuous(db.pool);
});
afterAll(() => db?.close());
beforeEach(async () => {
  await db.pool.query('truncate verify_backlog, verify_partition, divergence');
  await store.lease(TARGET, 'a', [{ ...AT, start: 0n }], NOW_MS, 60_000);
});

describe('keys that wait outside memory', () => {
  const waits = (key: string, first: bigint, more: Partial<WaitingChange> = {}): WaitingChange => ({
    ...AT,
    key,
    first,
    newest: first,
    sourceTsUs: 1_700_000_000_000_000,
    ...more,
  });
  const taken = async (limit: number, at = AT) =>
    (await store.unspill(TARGET, at, limit)).map(({ key, first, newest }) => `${key} ${first}-${newest}`).toSorted();

  it('come back once, those with the oldest changes first', async () => {
    await store.spill(TARGET, [waits('c', 30n), waits('a', 10n), waits('b', 20n)]);
    expect(await taken(2)).toEqual(['a 10-10', 'b 20-20']);
    expect(await taken(2)).toEqual(['c 30-30']);
    expect(await taken(2)).toEqual([]);
  });

  it('wait for the first and the newest of their changes, however often they were put there', async () => {
    await store.spill(TARGET, [waits('a', 20n, { newest: 25n }), waits('a', 30n)]);
    await store.spill(TARGET, [waits('a', 10n, { sourceTsUs: null })]);
    expect(await store.unspill(TARGET, AT, 9)).toEqual([waits('a', 10n, { newest: 30n, sourceTsUs: null })]);
  });

  it('are those of one partition and table', async () => {
    await store.spill(TARGET, [waits('a', 10n), waits('b', 9007199254740993n, { part: 1 })]);
    await store.spill({ ...TARGET, table: 'other' }, [waits('c', 1n)]);
    expect(await taken(9, { ...AT, part: 1 })).toEqual(['b 9007199254740993-9007199254740993']);
    expect(await taken(9)).toEqual(['a 10-10']);
    expect(await store.unspill({ ...TARGET, table: 'other' }, AT, 9)).toHaveLength(1);
  });
});

describe('keys that are CLEAN', () => {
  const PARTITION = { ...AT, verifiedOffset: 1n, skipped: 0n, mark: null, looks: [] };
  const commit = (more: Partial<ContinuousProgress>) =>
    store.commit(TARGET, 'a', {
      partitions: [PARTITION],
      proved: [],
      clean: new Map(),
      findings: [],
      buckets: [],
      bins: [],
      ...more,
    });
  const finding = (key: string, verdict: KeyFinding['verdict'], judgedAtMs = NOW_MS): KeyFinding => ({
    key,
    verdict,
    judgedAtMs,
    kind: 'different',
    leg: 'unknown',
    columns: [],
    detail: { reason: 'test' },
  });
  const clean = (keys: readonly string[], atMs = NOW_MS + 1_000) => new Map(keys.map((key) => [key, atMs]));
  const state = async () =>
    (
      await db.pool.query<{ state: string }>(
        `select key || ' ' || state || case when resolved_at is null then '' else ' resolved' end as state
         from divergence order by 1`,
      )
    ).rows.map((row) => row.state);
  const many = Array.from({ length: 50 }, (_, i) => `other ${i}`);

  it.each([
    ['among many that never were open', [...many, 'proved', 'waiting'], ['proved DIVERGED resolved', 'still PENDING']],
    ['that are fewer than what is open', ['waiting'], ['proved DIVERGED', 'still PENDING']],
    ['none of which is open', many, ['proved DIVERGED', 'still PENDING', 'waiting PENDING']],
  ])('%s are taken from the open ones', async (_, keys, left) => {
    const open = [finding('proved', 'DIVERGED'), finding('waiting', 'PENDING'), finding('still', 'PENDING')];
    expect(await commit({ findings: open })).toBe(true);
    expect(await commit({ clean: clean(keys) })).toBe(true);
    expect(await state()).toEqual(left);
  });

  it('take nothing back that was read after them', async () => {
    await commit({ findings: [finding('proved', 'DIVERGED', NOW_MS + 5_000)] });
    await commit({ clean: clean(['proved', ...many]) });
    expect(await state()).toEqual(['proved DIVERGED']);
  });

  it('leave those of other tables', async () => {
    await commit({ findings: [finding('proved', 'DIVERGED')] });
    await db.pool.query(`update divergence set "table" = 'other'`);
    await commit({ clean: clean(['proved', ...many]) });
    expect(await state()).toEqual(['proved DIVERGED']);
  });
});
