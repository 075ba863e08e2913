import { describe, expect, it } from 'vitest';
import type { DivergenceCount, VerifyRunRow } from '#lib/ports/readStore.ts';
import type { TableConsistency } from '#lib/services/read/readConsistency.ts';
import { kindOf, summaryOf } from './tableSummary.ts';

const run: VerifyRunRow = {
  id: 'r1',
  context: 'inventory',
  table: 'inventory',
  mode: 'sweep',
  state: 'complete',
  startedAt: '2026-11-21T12:00:00Z',
  finishedAt: '2026-11-21T12:00:03Z',
  rowsCompared: 2000,
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

function table(
  counts: readonly Omit<DivergenceCount, 'context' | 'table'>[],
  complete: VerifyRunRow | null = run,
): TableConsistency {
  return {
    context: 'inventory',
    contextName: 'Inventory',
    table: 'inventory',
    source: null,
    target: null,
    newest: complete,
    complete,
    counts: counts.map((count) => ({ context: 'inventory', table: 'inventory', ...count })),
  };
}

describe('the summary of the mapped tables', () => {
  it.each([
    [
      'passes only after a complete pass without a difference',
      table([]),
      'pass',
      'All 2,000 rows compared are the same',
    ],
    ['has no data before the first complete pass', table([], null), 'no_data', 'Nothing is compared yet'],
    [
      'fails on one proved difference',
      table([{ kind: 'different', state: 'DIVERGED', count: 1 }]),
      'fail',
      '1 of 2,000 rows differs, and it is proved',
    ],
    [
      'fails on a proved difference even before a complete pass',
      table([{ kind: 'missing', state: 'DIVERGED', count: 3 }], null),
      'fail',
      '3 rows differ, and every one is proved',
    ],
    [
      'does not call lag a difference',
      table([{ kind: 'different', state: 'STALLED', count: 9 }]),
      'pass',
      'All 2,000 rows compared are the same',
    ],
    [
      'is inconclusive where rows could not be verified',
      table([{ kind: 'different', state: 'UNKNOWN', count: 2 }]),
      'inconclusive',
      '2 rows could not be verified',
    ],
  ])('%s', (_name, given, word, title) => {
    expect(summaryOf([given])).toMatchObject({ word, title });
  });

  it.each([
    ['PENDING', 'different', 'in_flight'],
    ['STALLED', 'missing', 'in_flight'],
    ['UNKNOWN', 'extra', 'unverified'],
    ['CONFLICT', 'different', 'different'],
    ['DIVERGED', 'extra', 'extra'],
  ] as const)('puts %s %s under %s', (state, kind, expected) => expect(kindOf({ state, kind })).toBe(expected));
});
