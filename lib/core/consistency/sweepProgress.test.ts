import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coveragePercent, etaAtMs, nextPace, paceRowsPerSec, type SweepPace } from './sweepProgress.ts';

const begun = (atMs: number): SweepPace => ({ recentRows: 0, atMs, sinceMs: atMs });

function steadily(rowsEach: bigint, everyMs: number, times: number, pace = begun(0)): SweepPace {
  let next = pace;
  for (let i = 1; i <= times; i += 1) next = nextPace(next, rowsEach, pace.atMs + i * everyMs);
  return next;
}

describe('rate of a pass', () => {
  it('a steady rate is shown from the start, not only after the window has filled', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 500 }), fc.bigInt(1n, 100_000n), (times, rows) => {
        const rate = paceRowsPerSec(steadily(rows, 1_000, times));
        expect(rate).toBeGreaterThan(Number(rows) * 0.95);
        expect(rate).toBeLessThan(Number(rows) * 1.05);
      }),
    );
  });

  it.each([
    ['a pause of a minute lets it sink', 60_000, 0.3],
    ['no pause leaves it', 1_000, 1.1],
  ])('%s', (_, gapMs, atMost) => {
    const steady = steadily(8_000n, 1_000, 100);
    const rate = paceRowsPerSec(nextPace(steady, 8_000n, steady.atMs + gapMs));
    expect(rate).toBeLessThan(8_000 * atMost);
    expect(rate).toBeGreaterThan(0);
  });

  it('is not known before time has passed', () => {
    expect(paceRowsPerSec(nextPace(begun(5), 10n, 5))).toBeNull();
  });
});

describe('coverage and end of a pass', () => {
  it.each([
    ['half way', 500n, 1_000n, 50],
    ['past the estimate it is not yet the whole', 1_200n, 1_000n, 99.9],
    ['no estimate', 500n, null, null],
    ['an empty table', 0n, 0n, null],
  ])('%s', (_, done, estimated, expected) => {
    expect(coveragePercent(done, estimated)).toBe(expected);
  });

  it('the end is the rest at the rate', () => {
    const pace = steadily(1_000n, 1_000, 200);
    expect(etaAtMs(pace, 200_000n, 260_000n)).toBeGreaterThan(pace.atMs + 57_000);
    expect(etaAtMs(pace, 200_000n, 260_000n)).toBeLessThan(pace.atMs + 63_000);
    expect(etaAtMs(pace, 200_000n, 100_000n)).toBeNull();
    expect(etaAtMs(pace, 200_000n, null)).toBeNull();
    expect(etaAtMs(begun(0), 0n, 10n)).toBeNull();
  });
});
