import fc from 'fast-check';
import { expect, it } from 'vitest';
import { convergence } from './convergence.ts';

const binOf = (ms: number) => Math.ceil(Math.log(ms * 1000) / Math.log(1.02));
const columnsOf = (...timesMs: number[]) =>
  convergence(
    timesMs.map((ms) => ({ bin: binOf(ms), n: 1 })),
    { n: timesMs.length, bad: 0 },
  ).columns.flatMap(({ fromMs, toMs, n }) => (n === 0 ? [] : [[fromMs, toMs, n]]));

it.each([
  ['a fast row', [3], [[0, 5, 1]]],
  ['rows in the same column', [210, 450], [[200, 500, 2]]],
  ['a row in the middle of a column', [750], [[500, 1000, 1]]],
  ['a row past every edge', [60_000], [[10_000, null, 1]]],
] as const)('%s', (_name, times, columns) => expect(columnsOf(...times)).toEqual(columns));

it('has nothing to say of nothing', () => {
  expect(convergence([], { n: 0, bad: 0 })).toMatchObject({ n: 0, withinShare: null, p50Ms: null, p99Ms: null });
});

it('takes the share within the limit from the counters, since a bin has a width', () => {
  expect(convergence([{ bin: binOf(400), n: 1000 }], { n: 1000, bad: 3 }).withinShare).toBe(0.997);
});

it('counts every row in one column, no more than a bin away from its own', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 100_000, noNaN: true }), (ms) => {
      const [only, ...others] = columnsOf(ms);
      expect(others).toEqual([]);
      const [fromMs = 0, toMs] = only ?? [];
      expect(ms).toBeGreaterThan((fromMs ?? 0) / 1.03);
      expect(ms).toBeLessThan((toMs ?? Number.POSITIVE_INFINITY) * 1.03);
    }),
  );
});
