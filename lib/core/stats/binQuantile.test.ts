import fc from 'fast-check';
import { expect, it } from 'vitest';
import { binQuantile } from './binQuantile.ts';

it('is null without observations, never 0', () => {
  expect(binQuantile([], 0.99)).toBeNull();
  expect(binQuantile([{ bin: 3, n: 0 }], 0.99)).toBeNull();
});

it('is within 2 % above the exact quantile, whatever the order of the bins', () => {
  const values = fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(values, fc.constantFrom(0.5, 0.9, 0.99), (list, q) => {
      const bins = list.map((value) => ({ bin: Math.ceil(Math.log(value) / Math.log(1.02)), n: 1 }));
      const exact = list.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(q * list.length)) - 1] ?? Number.NaN;
      const read = binQuantile(bins, q) ?? Number.NaN;
      expect(read).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
      expect(read).toBeLessThanOrEqual(exact * 1.02 * (1 + 1e-9));
    }),
    { seed: 8, numRuns: 200 },
  );
});
