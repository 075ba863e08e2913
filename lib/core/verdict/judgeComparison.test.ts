import { describe, expect, it } from 'vitest';
import { evaluateCriterion } from './evaluateCriterion.ts';
import { compared, criterion, inputOf, type JudgementCase, NOW_MS, STARTED_MS } from './testCases.ts';

const rows = criterion('route_writes', 'divergences');

describe('the comparison of rows', () => {
  const cases: readonly JudgementCase[] = [
    {
      name: 'one complete clean pass -> pass',
      input: inputOf(rows, compared()),
      word: 'pass',
      reason:
        /^13,000 rows of 1 table compared, 100 % of the key range, no difference; the last pass ended at 09:44 UTC$/,
    },
    {
      name: 'one proved difference -> fail, even while the source is down',
      input: inputOf(rows, compared({ diverged: 1 }, { source: { state: 'unreachable', detail: 'down' } })),
      word: 'fail',
      reason: /^1 key differs with proof \(inventory 1\), 0 allowed$/,
    },
    {
      name: 'the difference repaired and a clean pass since -> pass again without a new attempt',
      input: inputOf(rows, compared({ lastResolvedMs: NOW_MS - 60_000 }), {
        failure: { at: new Date(STARTED_MS).toISOString(), reason: 'x' },
      }),
      word: 'pass',
      reason: /no difference/,
    },
    {
      name: 'the difference repaired during the pass -> inconclusive',
      input: inputOf(rows, compared({ lastResolvedMs: NOW_MS - 18_000 })),
      word: 'inconclusive',
      reason: /one complete clean pass after it is needed$/,
    },
    {
      name: 'no pass since the epoch began -> no_data',
      input: inputOf(rows, compared({ pass: null })),
      word: 'no_data',
      reason: /^no comparison of table inventory that began since 09:14 UTC has finished$/,
    },
    {
      name: 'nothing to compare -> no_data',
      input: inputOf(rows, { kind: 'comparison', tables: [], source: { state: 'reachable' } }),
      word: 'no_data',
      reason: /^no table is mapped/,
    },
    {
      name: 'databases not reached -> no_data',
      input: inputOf(rows, compared({}, { source: { state: 'unreachable', detail: 'database monolith is down' } })),
      word: 'no_data',
      reason: /^database monolith is down$/,
    },
    {
      name: 'stalled keys -> inconclusive, not a difference',
      input: inputOf(rows, compared({ stalled: 3, unknown: 1 })),
      word: 'inconclusive',
      reason: /^4 keys could not be settled \(3 stalled, 1 unknown\); no difference is proved$/,
    },
    {
      name: 'half the key range -> inconclusive',
      input: inputOf(
        rows,
        compared({
          pass: {
            startedMs: NOW_MS - 9,
            finishedMs: NOW_MS,
            rowsCompared: 5,
            rangesTotal: 4,
            rangesDone: 2,
            notClean: 0,
            notCleanBecause: null,
          },
        }),
      ),
      word: 'inconclusive',
      reason: /covered 50 % of the key range, 100 % needed$/,
    },
    {
      name: 'a complete pass that forgot changes -> inconclusive, though no difference is known',
      input: inputOf(
        rows,
        compared({
          pass: {
            startedMs: NOW_MS - 9,
            finishedMs: NOW_MS,
            rowsCompared: 5,
            rangesTotal: 4,
            rangesDone: 4,
            notClean: 0,
            notCleanBecause: 'changes during the pass are not held',
          },
        }),
      ),
      word: 'inconclusive',
      reason: /was not a clean one: changes during the pass are not held; one complete clean pass is needed$/,
    },
    {
      name: 'no pass for an hour -> no_data',
      input: inputOf(rows, compared(), { nowMs: NOW_MS + 3_600_000 }),
      word: 'no_data',
      reason: /^no comparison of table inventory has finished for 60 min$/,
    },
    {
      name: 'minimum duration not over -> inconclusive',
      input: inputOf(criterion('route_writes', 'divergences', 3600), compared()),
      word: 'inconclusive',
      reason: /^no difference, but the minimum of 60 min still has 30 min to run$/,
    },
  ];
  it.each(cases)('$name', ({ input, word, reason }) => {
    const verdict = evaluateCriterion(input);
    expect([verdict.verdict, verdict.reason]).toEqual([word, expect.stringMatching(reason)]);
  });
});
