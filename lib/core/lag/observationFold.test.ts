import fc from 'fast-check';
import { expect, it } from 'vitest';
import { binOf, type Judgement, ObservationFold } from './observationFold.ts';

const key = { context: 'inventory', indicator: 'cdc_lag', series: 'inventory', cohort: 'apply', limitUs: 1_000_000n };

it('counts by ten seconds of event time, and keeps what is unknown out of n', () => {
  const fold = new ObservationFold();
  fold.add(key, 19_999_999, 'good', 5);
  fold.add(key, 10_000_000, 'bad', 7);
  fold.add(key, 20_000_000, 'unknown', null);
  expect(fold.buckets()).toEqual([
    { ...key, bucketMs: 10_000, n: 2, bad: 1, unknown: 0, sumUs: 12n },
    { ...key, bucketMs: 20_000, n: 0, bad: 0, unknown: 1, sumUs: 0n },
  ]);
});

it('a bin is at most 1 % off at its middle', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), (valueUs) => {
      const middle = 1.02 ** (binOf(valueUs) - 0.5);
      expect(Math.abs(middle - valueUs) / valueUs).toBeLessThan(0.0101);
    }),
  );
});

const observations = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 100_000_000 }),
    judgement: fc.constantFrom<Judgement>('good', 'bad', 'unknown'),
    value: fc.integer({ min: 0, max: 5_000_000 }),
    cohort: fc.constantFrom('apply', 'capture'),
  }),
);

it('any order of the same observations gives the same counters', () => {
  const folded = (list: readonly { at: number; judgement: Judgement; value: number; cohort: string }[]) => {
    const fold = new ObservationFold();
    for (const { at, judgement, value, cohort } of list) fold.add({ ...key, cohort }, at, judgement, value);
    return [fold.buckets(), fold.bins()];
  };
  const shuffled = observations.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
  );
  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      expect(folded(other)).toEqual(folded(list));
    }),
  );
});
