import { describe, expect, it } from 'vitest';
import { type Gate, isLive, mayMoveOn } from './banyanClient.ts';

const criterion = (id: string, verdict: string, rest: Partial<Gate['criteria'][number]> = {}) => ({
  id,
  verdict,
  indicator: 'latency',
  n: 10,
  ...rest,
});
const missing = criterion('errors_vs_legacy', 'no_data', {
  indicator: 'comparison',
  n: 0,
  reason: 'comparison of errors with the legacy route is not available in this version',
});
const gate = (verdict: string, ...criteria: Gate['criteria']): Gate => ({
  verdict,
  evaluatedAt: '2026-01-01T00:00:10.000Z',
  criteria,
});
const BEFORE_MS = Date.parse('2026-01-01T00:00:00Z');

describe('the walk goes on', () => {
  const cases: readonly [string, Gate, ReturnType<typeof mayMoveOn>][] = [
    ['when the gate passes', gate('pass', criterion('a', 'pass')), { go: true, leftOut: [] }],
    ['when the gate is waived', gate('waived', criterion('a', 'waived')), { go: true, leftOut: [] }],
    [
      'when all passes that can be judged, and names the rest',
      gate('no_data', criterion('a', 'pass'), missing),
      { go: true, leftOut: ['errors_vs_legacy'] },
    ],
    ['not while evidence is missing', gate('inconclusive', criterion('a', 'inconclusive')), { go: false }],
    ['not on data that is missing', gate('no_data', criterion('a', 'no_data', { n: 0 })), { go: false }],
    ['not on a failure', gate('fail', criterion('a', 'pass'), criterion('b', 'fail')), { go: false }],
    ['not when nothing can be judged', gate('no_data', missing), { go: false }],
  ];
  it.each(cases)('%s', (_name, given, expected) => {
    expect(mayMoveOn(given)).toEqual(expected);
  });
});

describe('a gate is live', () => {
  const cases: readonly [string, Gate, number, boolean][] = [
    ['once all that is counted has evidence', gate('inconclusive', criterion('a', 'inconclusive')), BEFORE_MS, true],
    ['not before every count has begun', gate('no_data', criterion('a', 'no_data', { n: 0 })), BEFORE_MS, false],
    ['whatever has no input in this version', gate('no_data', criterion('a', 'pass'), missing), BEFORE_MS, true],
    ['after a while whatever it says', gate('no_data', criterion('a', 'no_data', { n: 0 })), BEFORE_MS - 60_000, true],
    ['not with a verdict of before', gate('pass', criterion('a', 'pass')), BEFORE_MS + 60_000, false],
  ];
  it.each(cases)('%s', (_name, given, sinceMs, expected) => {
    expect(isLive(given, sinceMs)).toBe(expected);
  });
});
