import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StillTables, stillTables, watchedStore } from '../../tools/stillTables.ts';
import type { RunCounts } from '../ports/verifyStore.ts';
import type { SweepPorts } from './sweepPass.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import { verifyTable } from './verifyTable.ts';

const ROWS = 450;
const WRONG = [1, 150, 333, 450];

let tables: StillTables;
beforeEach(async () => {
  tables = await stillTables(ROWS);
});
afterEach(() => tables.close());

const pass = (table: VerifiedTable, ports: SweepPorts = { facts: tables.facts }, owner = 'worker') =>
  verifyTable(table, owner, new AbortController().signal, ports);

async function complete(table = tables.worker(), ports?: SweepPorts): Promise<RunCounts> {
  const outcome = await pass(table, ports);
  if (outcome.state !== 'complete') throw new Error(`${outcome.state}: ${outcome.why}`);
  return outcome.counts;
}

const spoil = () => tables.target.query('update stock_level set quantity = 7 where item_id = any($1)', [WRONG]);

/** What must not depend on how often a pass was interrupted, nor on how many worked at it. */
function outcomeOf(counts: RunCounts) {
  const { state, rowsCompared, clean, diverged, pending, coveragePercent, source, target } = counts;
  return { state, rowsCompared, clean, diverged, pending, coveragePercent, source, target };
}

async function runs(): Promise<readonly { state: string; detail: string | null }[]> {
  return (await tables.store.pool.query('select state, detail from verify_run order by started_at')).rows;
}

describe('what a pass keeps of itself', () => {
  it('counts, coverage and the digests of both whole tables', async () => {
    const seen: RunCounts[] = [];
    const counts = await complete(tables.worker(), { facts: tables.facts, progress: (each) => seen.push(each) });
    expect(counts).toMatchObject({
      rowsCompared: 450n,
      rowsEstimated: 450n,
      coveragePercent: 100,
      clean: 450n,
      diverged: 0n,
      cleanPass: true,
      notCleanBecause: null,
      endOffsets: [{ topic: 'monolith.public.inventory', part: 0, nextOffset: 0n }],
    });
    expect(counts.source).toEqual(counts.target);
    expect(counts.source.rows).toBe(450n);
    const shares = seen.map((each) => each.coveragePercent ?? 0);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[0]).toBeGreaterThan(20);
    expect(shares.at(-1)).toBeLessThan(100);

    await spoil();
    const spoiled = await complete();
    expect(spoiled).toMatchObject({
      clean: 446n,
      diverged: 4n,
      cleanPass: false,
      notCleanBecause: 'keys are divergent',
    });
    expect(spoiled.source).toEqual(counts.source);
    expect(spoiled.target.sum1).not.toBe(counts.target.sum1);
  });

  it('a key that is mended while the pass runs makes it no clean one; the next is', async () => {
    await spoil();
    await complete();
    let mended = false;
    const mending = tables.worker({}, (store) =>
      watchedStore(store, async (name, call) => {
        if (name === 'finishRange' && !mended) {
          mended = true;
          await tables.target.query('update stock_level set quantity = 100');
        }
        return call();
      }),
    );
    expect(await complete(mending)).toMatchObject({
      diverged: 0n,
      cleanPass: false,
      notCleanBecause: '4 divergent keys were mended during the pass, the first 1',
    });
    expect((await complete()).cleanPass).toBe(true);
  });

  it.each([
    ['TRUNCATE of the source', 'source', 'truncate inventory'],
    ['a rewrite of the target', 'target', 'vacuum full stock_level'],
  ] as const)('%s during the pass ends it without an outcome', async (_, side, statement) => {
    let done = false;
    const table = tables.worker({}, (store) =>
      watchedStore(store, async (name, call) => {
        if (name === 'finishRange' && !done) {
          done = true;
          await tables[side].query(statement);
        }
        return call();
      }),
    );
    expect(await pass(table)).toMatchObject({ state: 'stopped', why: expect.stringContaining('truncated, rewritten') });
    expect(await runs()).toEqual([{ state: 'cancelled', detail: expect.stringContaining('truncated, rewritten') }]);
    await complete();
    expect((await runs()).map(({ state }) => state)).toEqual(['cancelled', 'complete']);
  });

  it('another mapping does not go on with what was compared under the first', async () => {
    const stopping = new AbortController();
    const table = tables.worker();
    await verifyTable(table, 'worker', stopping.signal, { facts: tables.facts, progress: () => stopping.abort() });
    const { columns } = table.mapping;
    await complete({ ...table, mapping: { ...table.mapping, columns: columns.slice(1) } });
    expect(await runs()).toEqual([
      { state: 'cancelled', detail: 'the mapping has changed since the pass began' },
      { state: 'complete', detail: null },
    ]);
  });
});

describe('a pass that is killed', () => {
  /** A worker whose process ends at its nth call of the store: before it took effect, or after, its answer lost. */
  function mortal(dies: number, when: 'before' | 'after'): { table: VerifiedTable; calls: () => number } {
    let calls = 0;
    const table = tables.worker({}, (store) =>
      watchedStore(store, async (name, call) => {
        if (name === 'renewLease') return call();
        calls += 1;
        if (calls > dies || (calls === dies && when === 'before')) throw new Error('killed');
        const value = await call();
        if (calls >= dies) throw new Error('killed');
        return value;
      }),
    );
    return { table, calls: () => calls };
  }

  it.each(['before', 'after'] as const)('%s any of its writes is gone on with to the same counts', async (when) => {
    await spoil();
    const whole = mortal(Number.POSITIVE_INFINITY, when);
    const expected = outcomeOf(await complete(whole.table));
    expect(whole.calls()).toBeGreaterThan(15);
    for (let at = 1; ; at += 1) {
      await tables.store.pool.query('truncate verify_run, verify_range, divergence');
      const [killed] = await Promise.allSettled([pass(mortal(at, when).table)]);
      expect(outcomeOf(await complete()), `killed ${when} write ${at}`).toEqual(expected);
      // Lanes take turns, so that the number of writes varies a little: the last kill comes after the end.
      if (killed.status === 'fulfilled') break;
      expect(String(killed.reason)).toContain('killed');
    }
  });

  it('leaves its ranges to another worker at the same pass', async () => {
    await spoil();
    const expected = outcomeOf(await complete());
    await tables.store.pool.query('truncate verify_run, verify_range, divergence');
    const [killed, other] = await Promise.allSettled([
      pass(mortal(9, 'after').table, undefined, 'first'),
      pass(tables.worker(), undefined, 'second'),
    ]);
    expect(killed.status).toBe('rejected');
    if (other.status !== 'fulfilled' || other.value.state !== 'complete') throw new Error('the other did not complete');
    expect(outcomeOf(other.value.counts)).toEqual(expected);
    expect(await runs()).toEqual([{ state: 'complete', detail: null }]);
  });

  it('and comes back after its lease has ended can not cut or finish what another has', async () => {
    const { store } = tables.worker();
    const start = { newId: 'run', mappingDigest: 'm', incarnation: null, rowsEstimated: null, offsets: [] };
    const run = await store.openRun({ context: 'inventory', table: 'stock' }, start, 0);
    const first = await store.leaseRange(run.id, 'first', 0, 10);
    const second = await store.leaseRange(run.id, 'second', 20, 10);
    expect(second?.seq).toBe(first?.seq);
    expect(await store.splitRange(run.id, 0, 'second', ['100'])).toBe(true);
    expect(await store.splitRange(run.id, 0, 'first', ['200'])).toBe(false);
    expect(await store.renewLease(run.id, 0, 'first', 20, 10)).toBe(false);
    const none = { rows: 0n, sum1: 0n, sum2: 0n };
    const result = { rows: 5n, source: none, target: none, counts: new Map(), findings: [] };
    expect(await store.finishRange(run, 0, 'first', result, 20)).toBe(false);
    const { rows } = await tables.store.pool.query('select lo, hi from verify_range order by seq');
    expect(rows).toEqual([
      { lo: null, hi: '["100"]' },
      { lo: '["100"]', hi: null },
    ]);
    expect((await store.counts(run.id)).rowsCompared).toBe(0n);
  });
});

describe('trouble in mid-sweep is told with its fix, and never called clean', () => {
  it.each([
    [
      'the table is dropped',
      'alter table stock_level rename to gone',
      'alter table gone rename to stock_level',
      /stock_level.*create the table again/s,
    ],
    [
      'the right to read is taken away',
      "revoke select on stock_level from public; do $$ begin execute (select string_agg(format('revoke select on stock_level from %I', grantee), ';') from information_schema.role_table_grants where table_name = 'stock_level' and grantee like 'role_%'); end $$",
      'grant select on stock_level to public',
      /permission denied.*grant select on it to the role/s,
    ],
  ] as const)('%s', async (_, breaks, mends, told) => {
    let broken = false;
    const table = tables.worker({}, (store) =>
      watchedStore(store, async (name, call) => {
        const value = await call();
        if (name === 'finishRange' && !broken) {
          broken = true;
          await tables.target.query(breaks);
        }
        return value;
      }),
    );
    await expect(pass(table)).rejects.toThrow();
    expect(await runs()).toEqual([{ state: 'failed', detail: expect.stringMatching(told) }]);
    await tables.target.query(mends);
    expect(await complete()).toMatchObject({ rowsCompared: 450n, cleanPass: true });
  });

  it('is told at once, however long another range still waits', async () => {
    let asked = 0;
    const load = {
      pausedBecause: async () => {
        asked += 1;
        return asked === 1 ? null : 'the database is busy';
      },
    };
    const table = tables.worker({}, (store) =>
      watchedStore(store, async (name, call) => {
        if (name === 'finishRange') throw new Error('broken');
        return call();
      }),
    );
    await expect(pass(table, { load })).rejects.toThrow('broken');
    expect(await runs()).toEqual([{ state: 'failed', detail: 'broken' }]);
  });

  it('a lock that is held: the pass waits a second, fails with who to wait for, and goes on later', async () => {
    const owner = await tables.target.connect();
    await owner.query('begin; lock table stock_level');
    await expect(pass(tables.worker(), {})).rejects.toThrow(/waited 1 s for a lock/);
    expect(await runs()).toEqual([
      { state: 'failed', detail: expect.stringMatching(/wait for the statement that holds it/) },
    ]);
    await owner.query('rollback');
    owner.release();
    expect(await complete(tables.worker(), {})).toMatchObject({ rowsCompared: 450n, cleanPass: true });
  });
});
