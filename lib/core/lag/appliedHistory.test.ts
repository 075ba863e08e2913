import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppliedHistory, type ApplyJudgement, judgeApplication } from './appliedHistory.ts';

const LIMIT = 1_000_000;
const COMMIT = 10_000_000;

describe('one change event, limit 1 s', () => {
  const cases: [
    what: string,
    notBefore: number | null,
    by: number | null,
    expected: Partial<ApplyJudgement> & object,
  ][] = [
    ['seen applied in time', COMMIT + 100_000, COMMIT + 200_000, { judgement: 'good', lagUs: 200_000 }],
    ['applied before the first sample, in time', null, COMMIT + 900_000, { judgement: 'good', lagUs: 900_000 }],
    ['applied before it was committed, by the clocks', null, COMMIT - 5_000, { judgement: 'good', lagUs: 0 }],
    ['not applied at the limit', COMMIT + LIMIT, null, { kind: 'settled', judgement: 'bad', lagUs: LIMIT }],
    ['not applied, younger than the limit', COMMIT + LIMIT - 1, null, { kind: 'pending' }],
    ['no sample yet', null, null, { kind: 'pending' }],
    [
      'late by two samples close together',
      COMMIT + 950_000,
      COMMIT + 1_050_000,
      { judgement: 'bad', lagUs: 1_050_000 },
    ],
    [
      'late by samples that prove it, far apart',
      COMMIT + LIMIT,
      COMMIT + 9_000_000,
      { judgement: 'bad', lagUs: 9_000_000 },
    ],
    ['late only because nobody looked', COMMIT + 500_000, COMMIT + 9_000_000, { judgement: 'unknown', lagUs: null }],
    ['applied some time before Banyan came', null, COMMIT + 9_000_000, { judgement: 'unknown', lagUs: null }],
  ];
  it.each(cases)('%s', (_what, notBeforeUs, byUs, expected) => {
    expect(judgeApplication(COMMIT, { notBeforeUs, byUs }, LIMIT)).toMatchObject(expected);
  });
});

describe('the history of a position', () => {
  it('says between which samples an offset was passed, however late it is asked', () => {
    const history = new AppliedHistory();
    const samples: [number, bigint][] = [
      [100, 5n],
      [200, 5n],
      [300, 8n],
      [400, 8n],
      [500, 20n],
    ];
    for (const [at, nextOffset] of samples) history.add({ startUs: at, endUs: at + 10, nextOffset });
    expect(history.appliedBetween(4n)).toMatchObject({ notBeforeUs: null, byUs: 110 });
    expect(history.appliedBetween(5n)).toMatchObject({ notBeforeUs: 200, byUs: 310 });
    expect(history.appliedBetween(7n)).toMatchObject({ notBeforeUs: 200, byUs: 310 });
    expect(history.appliedBetween(8n)).toMatchObject({ notBeforeUs: 400, byUs: 510 });
    expect(history.appliedBetween(20n)).toEqual({ notBeforeUs: 500, byUs: null });
  });

  it('a position that falls forgets what it knew', () => {
    const history = new AppliedHistory();
    history.add({ startUs: 1, endUs: 2, nextOffset: 10n });
    history.add({ startUs: 3, endUs: 4, nextOffset: 2n });
    expect(history.appliedBetween(1n)).toMatchObject({ notBeforeUs: null, byUs: 4 });
    expect(history.appliedBetween(5n)).toEqual({ notBeforeUs: 3, byUs: null });
  });

  it('an offset of a forgotten step is never proved late', () => {
    const history = new AppliedHistory(2);
    for (const [at, nextOffset] of [
      [1, 1n],
      [2, 2n],
      [3_000_000, 3n],
      [3_000_100, 4n],
    ] as const) {
      history.add({ startUs: at, endUs: at, nextOffset });
    }
    expect(history.appliedBetween(1n)).toEqual({ nextOffset: 3n, notBeforeUs: null, byUs: 3_000_000 });
    expect(judgeApplication(0, history.appliedBetween(1n), LIMIT)).toMatchObject({ judgement: 'unknown' });
    expect(history.appliedBetween(3n)).toMatchObject({ notBeforeUs: 3_000_000, byUs: 3_000_100 });
  });

  it('never calls an event bad that was applied in time, however seldom it looked', () => {
    const events = fc.array(
      fc.record({ gap: fc.integer({ min: 0, max: 400_000 }), lag: fc.integer({ min: 0, max: 400_000 }) }),
      { minLength: 1 },
    );
    const looks = fc.array(fc.integer({ min: 1, max: 3_000_000 }), { minLength: 1 });
    fc.assert(
      fc.property(events, looks, (changes, pauses) => {
        let clockUs = COMMIT;
        let appliedUs = 0;
        const log = changes.map(({ gap, lag }, index) => {
          clockUs += gap;
          appliedUs = Math.max(appliedUs, clockUs + lag);
          return { offset: BigInt(index), commitUs: clockUs, appliedUs };
        });
        const history = new AppliedHistory();
        let lookUs = COMMIT;
        for (const pause of pauses) {
          lookUs += pause;
          const nextOffset = BigInt(log.filter((event) => event.appliedUs <= lookUs).length);
          history.add({ startUs: lookUs, endUs: lookUs, nextOffset });
        }
        for (const event of log) {
          const judged = judgeApplication(event.commitUs, history.appliedBetween(event.offset), LIMIT);
          const slack = event.appliedUs - event.commitUs < LIMIT - 500_000;
          if (judged.kind === 'settled' && slack) expect(judged.judgement).not.toBe('bad');
          if (judged.kind === 'settled' && event.appliedUs - event.commitUs >= LIMIT)
            expect(judged.judgement).not.toBe('good');
        }
      }),
    );
  });
});
