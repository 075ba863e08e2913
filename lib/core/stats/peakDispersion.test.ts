import fc from 'fast-check';
import { expect, it } from 'vitest';
import { effectiveSample } from './effectiveSample.ts';
import { peakDispersion } from './peakDispersion.ts';

const clumped = [0, 0, 1, 0, 7, 0, 0, 2, 0, 0].map((bad) => ({ n: 5000, bad }));

it('is the estimate of effectiveSample at the end of ten blocks', () => {
  expect(peakDispersion(clumped)).toBeCloseTo(4.889866862, 9);
});

it('is 1 before ten blocks are complete, whatever they hold', () => {
  expect(peakDispersion(clumped.slice(0, 9))).toBe(1);
});

it('is the highest estimate of any prefix and never falls as blocks are added', () => {
  const block = fc.record({ n: fc.integer({ min: 0, max: 500 }), share: fc.double({ min: 0, max: 1, noNaN: true }) });
  fc.assert(
    fc.property(fc.array(block, { minLength: 10, maxLength: 40 }), (raw) => {
      const blocks = raw.map(({ n, share }) => ({ n, bad: Math.floor(n * share) }));
      const estimates = blocks.map((_, i) => {
        const prefix = blocks.slice(0, i + 1).filter((b) => b.n > 0);
        return prefix.length < 10 ? 1 : effectiveSample(prefix).phi;
      });
      expect(peakDispersion(blocks)).toBeCloseTo(Math.max(1, ...estimates), 6);
    }),
    { seed: 3, numRuns: 200 },
  );
});
