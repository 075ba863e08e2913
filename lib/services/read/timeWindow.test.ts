import fc from 'fast-check';
import { expect, it } from 'vitest';
import { windowFor } from './timeWindow.ts';

const MINUTE = 60_000;

it.each([
  ['15 minutes in 10-second steps', 15 * MINUTE, 100, 10_000],
  ['an hour in steps of a minute', 60 * MINUTE, 90, 60_000],
  ['a day in 20-minute steps rounded up', 24 * 60 * MINUTE, 90, 1_800_000],
  ['a week', 7 * 24 * 60 * MINUTE, 90, 7_200_000],
])('%s', (_name, lengthMs, points, stepMs) => {
  expect(windowFor(1_000_000_000_000, 1_000_000_000_000 + lengthMs, points).stepMs).toBe(stepMs);
});

it('never gives more points than asked for, nor more than 2,000, and always covers the range', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2_000_000_000_000 }),
      fc.integer({ min: 1, max: 400 * 86_400_000 }),
      fc.integer({ min: 2, max: 100_000 }),
      (fromMs, lengthMs, points) => {
        const window = windowFor(fromMs, fromMs + lengthMs, points);
        expect((window.toMs - window.fromMs) / window.stepMs).toBeLessThanOrEqual(Math.min(points, 2000) + 1);
        expect(window.fromMs).toBeLessThanOrEqual(fromMs);
        expect(window.toMs).toBeGreaterThan(fromMs + lengthMs);
      },
    ),
  );
});

it('refuses a range without length', () => {
  expect(() => windowFor(5, 5, 10)).toThrow(/must be after its start/);
});
