import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateCriterion } from './evaluateCriterion.ts';
import type { CriterionEvidence } from './evidence.ts';
import { counted, criterion, inputOf } from './testCases.ts';
import { VERDICT_WORDS } from './verdict.ts';

const sagas = criterion('route_writes', 'saga_success');
const lag = criterion('sync_data', 'cdc_lag');
const reads = criterion('route_reads', 'latency');
const errors = criterion('route_reads', 'error_rate');
const minute = fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.double({ min: 0, max: 0.02, noNaN: true }));
const minutes = fc
  .array(minute, { minLength: 1, maxLength: 31 })
  .map((list) => list.map(([n, share]): [number, number] => [n, Math.floor(n * share * share * 50)]));
const anyCriterion = fc.constantFrom(sagas, lag, reads, errors);

const rank = (evidence: CriterionEvidence, of = sagas): number =>
  VERDICT_WORDS.indexOf(evaluateCriterion(inputOf(of, evidence)).verdict);

describe('worse evidence never gives a better verdict', () => {
  it('a good event relabelled bad, at the same dispersion', () => {
    fc.assert(
      fc.property(anyCriterion, minutes, fc.nat(), (of, list, pick) => {
        const at = pick % list.length;
        const worse = list.map(([n, bad], i): [number, number] => [n, i === at ? Math.min(n, bad + 1) : bad]);
        // Fewer than ten complete minutes: the dispersion is 1 on both sides.
        expect(rank(counted(worse.slice(0, 9)), of)).toBeLessThanOrEqual(rank(counted(list.slice(0, 9)), of));
      }),
      { seed: 11, numRuns: 400 },
    );
  });

  it('a good event taken away', () => {
    fc.assert(
      fc.property(anyCriterion, minutes, fc.nat(), (of, list, pick) => {
        const at = pick % Math.min(9, list.length);
        const fewer = list.map(([n, bad], i): [number, number] => [i === at && n > bad ? n - 1 : n, bad]);
        expect(rank(counted(fewer.slice(0, 9)), of)).toBeLessThanOrEqual(rank(counted(list.slice(0, 9)), of));
      }),
      { seed: 12, numRuns: 400 },
    );
  });

  it('a whole source taken away ends in no_data at best, unless it has failed', () => {
    fc.assert(
      fc.property(anyCriterion, minutes, (of, list) => {
        const gone = counted(list, { source: { state: 'unreachable', detail: 'down' } });
        expect(['fail', 'no_data']).toContain(evaluateCriterion(inputOf(of, gone)).verdict);
        expect(evaluateCriterion(inputOf(of, counted([]))).verdict).toBe('no_data');
      }),
      { seed: 13, numRuns: 200 },
    );
  });

  it('an observation that could not be judged', () => {
    fc.assert(
      fc.property(anyCriterion, minutes, fc.integer({ min: 0, max: 500 }), (of, list, unknown) => {
        expect(rank(counted(list, { unknown }), of)).toBeLessThanOrEqual(rank(counted(list), of));
      }),
      { seed: 14, numRuns: 200 },
    );
  });
});
