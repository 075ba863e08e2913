import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf } from '../lag/observationFold.ts';
import { foldObservations, type KpiDeltas } from './foldObservations.ts';
import type { Observation } from './observationsOf.ts';

const observation: fc.Arbitrary<Observation> = fc.record({
  context: fc.constantFrom('a', 'b'),
  indicator: fc.constantFrom('latency' as const, 'error_rate' as const),
  series: fc.constantFrom('r1', 'r2'),
  cohort: fc.constantFrom('legacy', 'service'),
  limitUs: fc.constantFrom(0n, 50_000n),
  atMs: fc.integer({ min: 0, max: 60_000 }),
  judged: fc.constantFrom('good' as const, 'bad' as const, 'unknown' as const),
  valueUs: fc.option(fc.bigInt({ min: 0n, max: 10_000_000n })),
});

/** Adds folds as the store does: key by key. */
function merge(folds: readonly KpiDeltas[]): Map<string, bigint[]> {
  const sums = new Map<string, bigint[]>();
  const add = (key: string, values: bigint[]): void => {
    const old = sums.get(key) ?? values.map(() => 0n);
    sums.set(
      key,
      values.map((value, i) => value + (old[i] ?? 0n)),
    );
  };
  for (const { buckets, bins } of folds) {
    for (const { n, bad, unknown, sumUs, ...key } of buckets) {
      add(
        JSON.stringify(key, (_, v) => (typeof v === 'bigint' ? String(v) : v)),
        [BigInt(n), BigInt(bad), BigInt(unknown), sumUs],
      );
    }
    for (const { n, ...key } of bins) add(JSON.stringify(key), [BigInt(n)]);
  }
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('folding observations', () => {
  it('does not depend on order or on how they are split', () => {
    const shuffledAndSplit = fc
      .array(observation, { maxLength: 200 })
      .chain((list) =>
        fc.tuple(
          fc.constant(list),
          fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
          fc.array(fc.nat(200), { maxLength: 5 }),
        ),
      );
    fc.assert(
      fc.property(shuffledAndSplit, ([list, shuffled, cuts]) => {
        const borders = [0, ...cuts.map((cut) => Math.min(cut, list.length)).sort((a, b) => a - b), list.length];
        const shards = borders.slice(1).map((to, i) => foldObservations(shuffled.slice(borders[i], to)));
        expect(merge(shards)).toEqual(merge([foldObservations(list)]));
      }),
    );
  });

  it('loses nothing: judged and unknown add up to what came in', () => {
    fc.assert(
      fc.property(fc.array(observation), (list) => {
        const { buckets } = foldObservations(list);
        const total = buckets.reduce((sum, bucket) => sum + bucket.n + bucket.unknown, 0);
        expect(total).toBe(list.length);
        expect(buckets.every((bucket) => bucket.bad <= bucket.n)).toBe(true);
      }),
    );
  });

  it('gives keys in one order, whatever the order of arrival', () => {
    fc.assert(
      fc.property(fc.array(observation), (list) => {
        const forwards = foldObservations(list);
        const backwards = foldObservations(list.toReversed());
        expect(backwards).toEqual(forwards);
        const names = forwards.bins.map(({ n: _, ...key }) => Object.values(key).join('\u0000'));
        expect(names).toEqual(names.toSorted());
      }),
    );
  });

  it('floors event time to ten seconds', () => {
    const base = { context: 'c', indicator: 'latency', series: 'r', cohort: 'service', limitUs: 1n } as const;
    const at = (atMs: number): Observation => ({ ...base, atMs, judged: 'good', valueUs: 1n });
    expect(foldObservations([at(9_999), at(10_000), at(19_999)]).buckets).toMatchObject([
      { bucketMs: 0, n: 1 },
      { bucketMs: 10_000, n: 2 },
    ]);
  });
});

describe('bins', () => {
  it.each([
    [0, 0],
    [1, 0],
    [2, 36],
    [50_000, 547],
    [1_000_000, 698],
  ])('%d µs is in bin %d', (valueUs, bin) => {
    expect(binOf(valueUs)).toBe(bin);
  });

  it('are at most 2 % wide', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), (valueUs) => {
        const upper = 1.02 ** binOf(valueUs);
        expect(upper / valueUs).toBeGreaterThan(1 - 1e-9);
        expect(upper / valueUs).toBeLessThan(1.02 + 1e-9);
      }),
    );
  });
});
