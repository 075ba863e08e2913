import { describe, expect, it } from 'vitest';
import { evaluateCriterion } from './evaluateCriterion.ts';
import { counted, criterion, inputOf, type JudgementCase, NOW_MS, STARTED_MS, steady } from './testCases.ts';

const sagas = criterion('route_writes', 'saga_success');
const lag = criterion('sync_data', 'cdc_lag');
const reads = criterion('route_reads', 'latency');
const errors = criterion('route_reads', 'error_rate');
const inTime = criterion('sync_data', 'consistency');

describe('a proportion or a quantile', () => {
  const cases: readonly JudgementCase[] = [
    {
      name: 'nothing yet -> no_data',
      input: inputOf(sagas, counted([])),
      word: 'no_data',
      reason: /^no saga has reached its deadline since 09:14 UTC$/,
    },
    {
      name: 'no read routed to the service -> no_data, in these words',
      input: inputOf(reads, counted([])),
      word: 'no_data',
      reason: /^no read was routed to the service since 09:14 UTC$/,
    },
    {
      name: 'changes in time -> pass',
      input: inputOf(inTime, counted(steady(200))),
      word: 'pass',
      reason:
        /^consistency within 1 s above 99 % is proved: all of 6,200 verified changes made both rows equal within 1 s of the commit since 09:14 UTC \(0 % bad, at most 1 % allowed\)$/,
    },
    {
      name: 'too few changes -> inconclusive, with what is missing and when',
      input: inputOf(inTime, counted(steady(3))),
      word: 'inconclusive',
      reason: /^\d+ more verified changes without a failure are needed, about .* a minute: all of 93 verified changes/,
    },
    {
      name: 'changes late or different -> fail',
      input: inputOf(inTime, counted(steady(200, 10))),
      word: 'fail',
      reason:
        /^consistency within 1 s above 99 % is not met: 310 of 6,200 verified changes took longer than 1 s or left the rows different since/,
    },
    {
      name: 'no change verified -> no_data',
      input: inputOf(inTime, counted([])),
      word: 'no_data',
      reason: /^no change has been verified since 09:14 UTC$/,
    },
    {
      name: 'too few -> inconclusive, with what is missing and when',
      input: inputOf(sagas, counted([...steady(960).slice(0, 30), [476, 0]])),
      word: 'inconclusive',
      reason:
        /^14,253 more sagas without a failure are needed, about 15 min at 16 a second: all of 29,276 sagas ended well since 09:14 UTC \(0 % bad, at most 0\.01 % allowed\)$/,
    },
    {
      name: 'enough without a failure -> pass',
      input: inputOf(sagas, counted(steady(1500))),
      word: 'pass',
      reason: /^saga success above 99\.99 % is proved: all of 46,500 sagas ended well since 09:14 UTC/,
    },
    {
      name: 'enough for the first attempt, in the second -> inconclusive',
      input: inputOf(sagas, counted(steady(1500)), { attempt: 2 }),
      word: 'inconclusive',
      reason: /^1\d,\d{3} more sagas/,
    },
    {
      name: 'enough, minimum duration not over -> inconclusive',
      input: inputOf(criterion('route_writes', 'saga_success', 86_400), counted(steady(1500))),
      word: 'inconclusive',
      reason: /^enough evidence, but the minimum of 24 h still has 23 h 30 min to run/,
    },
    {
      name: 'enough, of heartbeats alone -> inconclusive',
      input: inputOf(lag, counted(steady(1500), { wanting: 'no change event has been applied yet, only heartbeats' })),
      word: 'inconclusive',
      reason: /^no change event has been applied yet, only heartbeats$/,
    },
    {
      name: 'bad share far above the limit over the epoch -> fail',
      input: inputOf(lag, counted([[4219, 31 * 10]])),
      word: 'fail',
      reason:
        /^p99 below 1 s is not met: 310 of 4,219 change events and heartbeats took 1 s or longer since 09:14 UTC \(7\.35 % bad, at most 1 % allowed\)$/,
    },
    {
      name: 'a regression after a long clean epoch -> fail at once, by the recent minutes',
      input: inputOf(sagas, counted([...steady(100_000).slice(0, 30), [960, 6]])),
      word: 'fail',
      reason:
        /^saga success above 99\.99 % is no longer met: 6 of 400,960 sagas did not end well in the last 5 minutes/,
    },
    {
      name: 'failed before, evidence good since -> still fail, and only a new attempt ends that',
      input: inputOf(sagas, counted(steady(1500)), {
        failure: { at: new Date(STARTED_MS + 60_000).toISOString(), reason: 'saga success above 99.99 % is not met' },
      }),
      word: 'fail',
      reason: /^saga success above 99\.99 % is not met; failed at 09:15 UTC, and only a new attempt ends that$/,
    },
    {
      name: 'source not reached, evidence good -> no_data, never pass',
      input: inputOf(sagas, counted(steady(1500), { source: { state: 'unreachable', detail: 'Kafka is down' } })),
      word: 'no_data',
      reason: /^Kafka is down$/,
    },
    {
      name: 'source not reached, evidence bad -> fail',
      input: inputOf(sagas, counted([[960, 90]], { source: { state: 'unreachable', detail: 'Kafka is down' } })),
      word: 'fail',
      reason: /is not met/,
    },
    {
      name: 'sampled traces -> error, whatever they show',
      input: inputOf(errors, counted(steady(9000), { source: { state: 'biased', detail: 'sampled traces' } })),
      word: 'error',
      reason: /^sampled traces$/,
    },
    {
      name: 'quiet for ten minutes -> no_data',
      input: inputOf(sagas, counted(steady(1500), { lastEvidenceMs: NOW_MS - 600_000 })),
      word: 'no_data',
      reason: /^no saga has reached its deadline for 10 min: the newest evidence is of 09:34 UTC$/,
    },
    {
      name: 'too many that could not be judged -> inconclusive',
      input: inputOf(sagas, counted(steady(1500), { unknown: 50 })),
      word: 'inconclusive',
      reason: /^50 of 46,550 sagas since 09:14 UTC could not be judged/,
    },
    {
      name: 'too many that nobody saw applied -> inconclusive, with the reason',
      input: inputOf(lag, counted(steady(100), { unknown: 400 })),
      word: 'inconclusive',
      reason:
        /could not be judged \(11\.43 %, more than the 1 % that may be bad\), so p99 below 1 s can't be proved: they were applied while Banyan looked at the applier's position too seldom/,
    },
    {
      name: 'failures in one clump -> needs more than the same failures apart',
      input: inputOf(lag, counted([...steady(100).slice(0, 20), [100, 9], ...steady(100).slice(0, 10)])),
      word: 'inconclusive',
      reason: /; failures come in clumps, so 9 events count as one \(dispersion\)$/,
    },
    {
      name: 'NaN -> no_data',
      input: inputOf(sagas, counted([[Number.NaN, 0]], { lastEvidenceMs: NOW_MS })),
      word: 'no_data',
      reason: /not a number/,
    },
    {
      name: 'more bad than there were (a counter reset) -> error',
      input: inputOf(sagas, counted([[5, 9]])),
      word: 'error',
      reason: /counters contradict each other/,
    },
    {
      name: 'negative count -> error',
      input: inputOf(sagas, counted([[-5, 0]])),
      word: 'error',
      reason: /counters contradict each other/,
    },
    {
      name: 'a target that allows nothing -> error',
      input: inputOf({ ...sagas, badShareLimit: 0 }, counted(steady(1500))),
      word: 'error',
      reason: /no evidence can decide it/,
    },
    {
      name: 'input not built yet -> no_data with its sentence',
      input: inputOf(criterion('preparation', 'domain_model'), { kind: 'none' }),
      word: 'no_data',
      reason: /^no sign-off has been recorded: sign-offs are not available in this version$/,
    },
    {
      name: 'waived -> waived, by whom and why, with the sentence it sets aside',
      input: inputOf(sagas, counted([]), {
        waiver: { by: 'ada', reason: 'demo', expiresAt: '2026-11-22T00:00:00.000Z' },
      }),
      word: 'waived',
      reason: /^waived by ada until 2026-11-22 00:00 UTC: demo \(without the waiver: no saga has reached/,
    },
    {
      name: 'waived and proved -> pass',
      input: inputOf(sagas, counted(steady(1500)), {
        waiver: { by: 'ada', reason: 'demo', expiresAt: '2026-11-22T00:00:00.000Z' },
      }),
      word: 'pass',
      reason: /is proved/,
    },
  ];
  it.each(cases)('$name', ({ input, word, reason }) => {
    const verdict = evaluateCriterion(input);
    expect([verdict.verdict, verdict.reason]).toEqual([word, expect.stringMatching(reason)]);
  });

  it('keeps the failure on record while there is no data', () => {
    const failure = { at: new Date(STARTED_MS).toISOString(), reason: 'x' };
    const evidence = counted([[Number.NaN, 0]]);
    expect(evaluateCriterion(inputOf(sagas, evidence, { failure })).failure).toEqual(failure);
  });

  it('gives the figures of the gate example', () => {
    const evidence = counted([...Array.from({ length: 30 }, () => [0, 0] as const), [29_956, 0]]);
    const verdict = evaluateCriterion(inputOf(sagas, evidence));
    expect(verdict.remaining?.events).toBe(13_573);
    expect(verdict.eValue).toBeCloseTo(10.0922087443, 8);
    expect(verdict.eThreshold).toBeCloseTo(32.8987, 4);
    expect(verdict.alpha).toBeCloseTo(0.0303963550927, 12);
    expect(1 - (verdict.bound ?? 0)).toBeCloseTo(0.9998547, 7);
  });

  it('says early that a target can not be proved at this traffic', () => {
    const verdict = evaluateCriterion(inputOf(sagas, counted([...steady(0).slice(0, 30), [1, 0]])));
    expect(verdict.reason).toMatch(/so this target can't be proved at this traffic/);
  });
});
