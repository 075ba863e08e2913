import { describe, expect, it } from 'vitest';
import { evaluateCriterion } from './evaluateCriterion.ts';
import type { CheckedInvariant, InvariantEvidence } from './evidence.ts';
import { criterion, inputOf, type JudgementCase, NOW_MS, STARTED_MS } from './testCases.ts';

const sums = criterion('route_writes', 'stock_invariant');
const parts = [
  { database: 'inventory', sign: 1, value: '207' },
  { database: 'monolith', sign: -1, value: '7' },
] as const;
const newest = { atMs: NOW_MS - 10_000, total: '200', parts };
const held: CheckedInvariant = {
  id: 'stock',
  title: 'Stock',
  expected: '200',
  cuts: 30,
  violations: 0,
  violated: null,
  newest,
  unsettledBecause: null,
};
const evidence = (invariant: Partial<CheckedInvariant> = {}, rest: Partial<InvariantEvidence> = {}) =>
  ({ kind: 'invariants', invariants: [{ ...held, ...invariant }], source: { state: 'reachable' }, ...rest }) as const;
const failure = { at: new Date(STARTED_MS).toISOString(), reason: 'Stock: 199 instead of 200' };

describe('invariants', () => {
  const cases: readonly JudgementCase[] = [
    {
      name: 'held at every cut -> pass',
      input: inputOf(sums, evidence()),
      word: 'pass',
      reason: /^1 invariant held at all of 30 cuts since 09:14 UTC \(Stock: 200\)$/,
    },
    {
      name: 'off at one cut -> fail with the figures of both sides, even while a database is down',
      input: inputOf(
        sums,
        evidence(
          { violations: 1, violated: { ...newest, total: '199' } },
          { source: { state: 'unreachable', detail: 'down' } },
        ),
      ),
      word: 'fail',
      reason:
        /^Stock: 199 instead of 200 \(-1\) at 09:44 UTC, read at one cut: 207 in inventory, minus 7 in monolith; 1 of 30 cuts since 09:14 UTC off, 0 allowed$/,
    },
    {
      name: 'off once in this attempt, of which nothing is left -> still failed',
      input: inputOf(sums, evidence(), { failure }),
      word: 'fail',
      reason: /^Stock: 199 instead of 200; failed at 09:14 UTC, and only a new attempt ends that$/,
    },
    {
      name: 'none configured -> no_data',
      input: inputOf(sums, evidence({}, { invariants: [] })),
      word: 'no_data',
      reason: /^no invariant is configured for this context/,
    },
    {
      name: 'no cut found -> no_data, with why',
      input: inputOf(sums, evidence({ cuts: 0, newest: null, unsettledBecause: 'changes were under way' })),
      word: 'no_data',
      reason: /^Stock: no cut of its databases since 09:14 UTC: changes were under way$/,
    },
    {
      name: 'no cut for an hour -> no_data',
      input: inputOf(sums, evidence(), { nowMs: NOW_MS + 3_600_000 }),
      word: 'no_data',
      reason: /^Stock: no cut of its databases for 60 min$/,
    },
    {
      name: 'a database that is down -> no_data',
      input: inputOf(sums, evidence({}, { source: { state: 'unreachable', detail: 'database:x is down' } })),
      word: 'no_data',
      reason: /^database:x is down$/,
    },
    {
      name: 'one cut, which is its own measure -> inconclusive',
      input: inputOf(sums, evidence({ cuts: 1 })),
      word: 'inconclusive',
      reason: /a second one is needed$/,
    },
    {
      name: 'minimum duration not over -> inconclusive',
      input: inputOf(criterion('route_writes', 'stock_invariant', 3600), evidence()),
      word: 'inconclusive',
      reason: /^no violation, but the minimum of 60 min still has 30 min to run$/,
    },
  ];
  it.each(cases)('$name', ({ input, word, reason }) => {
    const verdict = evaluateCriterion(input);
    expect([verdict.verdict, verdict.reason]).toEqual([word, expect.stringMatching(reason)]);
  });
});
