import { describe, expect, it } from 'vitest';
import { convergence } from '#lib/core/consistency/convergence.ts';
import type { DivergenceCount, VerifyRunRow } from '#lib/ports/readStore.ts';
import type { PartHealth } from '#lib/services/read/readHealth.ts';
import type { TableConsistency } from '#lib/services/read/readTables.ts';
import { kindOf } from './rowStates.ts';
import { flightText, summaryOf } from './tableSummary.ts';

const run: VerifyRunRow = {
  id: 'r1',
  context: 'inventory',
  table: 'inventory',
  mode: 'sweep',
  state: 'complete',
  startedAt: '2026-11-21T12:00:00Z',
  finishedAt: '2026-11-21T12:00:03Z',
  rowsCompared: 2000,
  rowsEstimated: null,
  rowsPerSec: null,
  etaAt: null,
  notCleanBecause: null,
  rangesTotal: 8,
  rangesDone: 8,
  clean: 2000,
  diverged: 0,
  pending: 0,
  stalled: 0,
  conflict: 0,
  unknown: 0,
  detail: null,
};
const worker: PartHealth = {
  part: 'verify:inventory/inventory',
  worker: 'w',
  state: 'ok',
  detail: '2,000 rows compared',
  fix: null,
  sinceAt: '2026-11-21T12:00:00Z',
  checkedAt: '2026-11-21T12:00:03Z',
  sample: null,
  silent: false,
};
const nothing = convergence([], { n: 0, bad: 0 });

type Counts = readonly Omit<DivergenceCount, 'context' | 'table'>[];

function table(counts: Counts, over: Partial<TableConsistency> = {}): TableConsistency {
  return {
    context: 'inventory',
    contextName: 'Inventory',
    table: 'inventory',
    source: null,
    target: null,
    newest: run,
    progress: { share: 1, rowsPerSec: null, etaAtMs: null },
    complete: run,
    counts: counts.map((count) => ({ context: 'inventory', table: 'inventory', ...count })),
    sweeps: worker,
    continuous: null,
    applied: nothing,
    verified: nothing,
    ...over,
  };
}

const never = { newest: null, progress: null, complete: null };
const silent = { sweeps: { ...worker, silent: true } };

describe('the summary of the mapped tables', () => {
  it.each([
    [
      'passes only after a complete pass without a difference',
      table([]),
      'pass',
      'All 2,000 rows compared are the same',
    ],
    ['has no data before the first complete pass', table([], never), 'no_data', 'Nothing is compared yet'],
    [
      'fails on one proved difference',
      table([{ kind: 'different', state: 'DIVERGED', count: 1 }]),
      'fail',
      '1 of 2,000 rows differs, and it is proved',
    ],
    [
      'fails on a proved difference even before a complete pass',
      table([{ kind: 'missing', state: 'DIVERGED', count: 3 }], never),
      'fail',
      '3 rows differ, and every one is proved',
    ],
    [
      'does not call a row in flight the same, nor a difference',
      table([{ kind: 'different', state: 'PENDING', count: 9 }]),
      'pass',
      'No difference in 2,000 rows compared',
    ],
    [
      'does not pass over rows that a stalled applier leaves open',
      table([{ kind: 'different', state: 'STALLED', count: 9 }]),
      'inconclusive',
      '9 rows could not be judged',
    ],
    [
      'is inconclusive where a row could not be verified',
      table([{ kind: 'different', state: 'UNKNOWN', count: 1 }]),
      'inconclusive',
      '1 row could not be judged',
    ],
    ['is not green when the worker has stopped', table([], silent), 'no_data', 'Nobody is comparing rows now'],
    [
      'keeps a proved difference when the worker has stopped',
      table([{ kind: 'extra', state: 'DIVERGED', count: 2 }], silent),
      'fail',
      '2 of 2,000 rows differ, and every one is proved',
    ],
  ])('%s', (_name, given, word, title) => {
    expect(summaryOf([given])).toMatchObject({ word, title });
  });

  it('names each kind of row that was not judged', () => {
    const counts = [
      { kind: 'different', state: 'STALLED', count: 1200 },
      { kind: 'different', state: 'CONFLICT', count: 2 },
    ] as const;
    expect(summaryOf([table(counts)]).sentence).toBe(
      'No difference is proved in 2,000 rows compared. Not judged: 2 in conflict, 1,200 stalled.',
    );
  });

  it.each([
    ['PENDING', 'different', 'pending'],
    ['STALLED', 'missing', 'stalled'],
    ['UNKNOWN', 'extra', 'unknown'],
    ['CONFLICT', 'different', 'conflict'],
    ['DIVERGED', 'extra', 'extra'],
  ] as const)('puts %s %s under %s', (state, kind, expected) => expect(kindOf({ state, kind })).toBe(expected));
});

describe('what is in flight is one truth for the whole page', () => {
  const figures = { state: 'ok', detail: '', fix: null, checkedAt: '', keysPerSec: 20, skipped: 0 } as const;
  const waiting = (inMemory: number | null, stored: number | null) => ({
    continuous: { ...figures, waiting: inMemory, stored },
  });
  const pending = (count: number): Counts => [{ state: 'PENDING', kind: 'different', count }];

  it.each([
    ['nothing', table([], waiting(0, 0)), ''],
    ['no worker tells', table([], waiting(null, null)), ''],
    ['keys in memory', table([], waiting(12, 0)), '12 changed keys wait to be judged: not settled, so not counted.'],
    ['keys in the store', table([], waiting(0, 1)), '1 changed key waits to be judged: not settled, so not counted.'],
    [
      'a row that a look left pending, and keys',
      table(pending(1), waiting(3, 4)),
      '1 row is in flight, 7 changed keys wait to be judged: not settled, so not counted.',
    ],
  ])('%s', (_, one, text) => {
    expect(flightText([one])).toBe(text);
    const { title, sentence } = summaryOf([one]);
    expect(sentence).toContain(text === '' ? 'Nothing is in flight.' : text);
    expect(title.startsWith('All ')).toBe(text === '');
  });
});
