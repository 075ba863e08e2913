import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BENCH_CONTEXT, START_MS, VerdictBench } from '../../tools/verdictBench.ts';
import type { ConfiguredWaiver, ContextDefinition } from '../core/migration/definition.ts';
import type { Principal } from '../ports/principal.ts';
import { waiverKeeper } from './applyWaivers.ts';
import { waive } from './waive.ts';

const APPROVER: Principal = { id: 'ada', kind: 'person', roles: ['approver'] };

let bench: VerdictBench;
beforeEach(async () => {
  bench = await VerdictBench.open();
});
afterEach(() => bench.close());

const waiver = (change: Partial<ConfiguredWaiver> = {}): ConfiguredWaiver => ({
  stage: 'route_writes',
  criterion: 'stock_invariant',
  reason: 'the warehouse counts by hand',
  expires: new Date(START_MS + 3_600_000).toISOString(),
  ...change,
});
const contextWith = (...waivers: ConfiguredWaiver[]): ContextDefinition => ({ ...BENCH_CONTEXT, waivers });

/** What a worker does between its start and its first evaluation. */
const start = (...contexts: ContextDefinition[]): Promise<void> => waiverKeeper(bench.deps, contexts)();

async function audited(): Promise<string[]> {
  const { rows } = await bench.database.pool.query<{ action: string }>(
    `select action from audit_entry where action like 'criterion.%' order by seq`,
  );
  return rows.map((row) => row.action);
}

async function active(): Promise<string[]> {
  const waivers = await bench.deps.store.transaction((tx) => tx.waivers(BENCH_CONTEXT.id));
  return waivers.filter((w) => Date.parse(w.expiresAt) > bench.clock.nowMs()).map((w) => w.reason);
}

describe('the waivers of the configuration', () => {
  it.each([
    ['one', [waiver()], ['the warehouse counts by hand']],
    ['a reason with spaces around it', [waiver({ reason: ' padded ' })], ['padded']],
    [
      'two for one criterion: the longer one',
      [waiver(), waiver({ reason: 'longer', expires: new Date(START_MS + 7_200_000).toISOString() })],
      ['longer'],
    ],
    ['one that has expired', [waiver({ expires: new Date(START_MS).toISOString() })], []],
  ])('are recorded once, however often the worker starts: %s', async (_name, waivers, expected) => {
    for (let starts = 0; starts < 3; starts += 1) {
      await start(contextWith(...waivers));
      bench.clock.atMs += 1_000;
    }
    expect(await active()).toEqual(expected);
    expect(await audited()).toEqual(expected.map(() => 'criterion.waive'));
  });

  it('are revoked when they are no longer in the file, once, and can come back', async () => {
    await start(contextWith(waiver()));
    bench.clock.atMs += 1_000;
    await start(contextWith());
    expect(await active()).toEqual([]);
    bench.clock.atMs += 1_000;
    await start(contextWith());
    expect(await audited()).toEqual(['criterion.waive', 'criterion.unwaive']);
    bench.clock.atMs += 1_000;
    await start(contextWith(waiver()));
    expect(await active()).toEqual(['the warehouse counts by hand']);
  });

  it("leave a person's waiver alone", async () => {
    const request = { stage: 'route_writes', criterion: 'stock_invariant' } as const;
    const expiresAtMs = START_MS + 60_000;
    await waive(bench.deps, APPROVER, BENCH_CONTEXT, { ...request, reason: 'by hand', expiresAtMs });
    bench.clock.atMs += 1_000;
    await start(contextWith());
    expect(await active()).toEqual(['by hand']);
  });

  it('of one context that fail hold up nobody, and say so', async () => {
    await start({ ...contextWith(waiver({ criterion: 'stok' })), id: 'other' }, contextWith(waiver()));
    expect(await active()).toEqual(['the warehouse counts by hand']);
    expect(bench.reports).toMatchObject([
      { part: 'waivers:other', state: 'degraded', detail: expect.stringContaining('no criterion stok') },
      { part: `waivers:${BENCH_CONTEXT.id}`, state: 'ok' },
    ]);
  });
});
