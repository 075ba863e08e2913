import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacedRanges } from './pacedRanges.ts';
import { RowBudget } from './rowBudget.ts';

const WHOLE = { lo: null, hi: null };

/** A clock that only a pause moves. */
function budgetOf(rowsPerSec: number) {
  const time = { ms: 1_000_000 };
  const budget = new RowBudget(
    rowsPerSec,
    () => time.ms,
    async (ms) => {
      time.ms += Math.max(1, ms);
    },
  );
  return { budget, time };
}

describe('a budget of rows', () => {
  it.each<[string, number, number]>([
    ['no limit: everything at once', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['the default: an eighth of a second', 8_000, 1_000],
    ['a large one: a fiftieth of a second', 100_000, 2_000],
    ['a small one: a second', 300, 300],
  ])('%s', (_, rowsPerSec, atOnce) => expect(budgetOf(rowsPerSec).budget.rowsAtOnce).toBe(atOnce));

  it('is reached and kept over any work, but for what may be made up for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(900), fc.nat(30)), { minLength: 50, maxLength: 80 }), async (work) => {
        const { budget, time } = budgetOf(8_000);
        const startMs = time.ms;
        let rows = 0;
        for (const [taken, tookMs] of work) {
          await budget.take(taken);
          // Nothing starts before it is paid for.
          expect(rows).toBeLessThanOrEqual((time.ms - startMs + 251) * 8);
          rows += taken;
          time.ms += Math.min(tookMs, taken / 8);
        }
        // Short statements cost no rows: the next begins when it is due, not that much after the last ended.
        expect(rows).toBeGreaterThanOrEqual((time.ms - startMs - 32) * 8 - 1_000);
      }),
    );
  });

  it('makes up for a short wait, and not for a long one', async () => {
    const { budget, time } = budgetOf(1_000);
    await budget.take(1_000);
    time.ms += 10_000;
    const idleMs = time.ms;
    for (let i = 0; i < 10; i += 1) await budget.take(100);
    expect(time.ms - idleMs).toBe(650);
  });

  it('pays later for what was read beyond what was taken, and shows what was read', async () => {
    const { budget, time } = budgetOf(1_000);
    await budget.take(250);
    budget.correct(1_000);
    const askedMs = time.ms;
    await budget.take(1);
    expect(time.ms - askedMs).toBe(1_000);
    expect(budget.rowsPerSecNow()).toBeCloseTo(125.1);
  });

  it('gives statements that ask at once turns one after another', () => {
    const waits: number[] = [];
    const budget = new RowBudget(
      8_000,
      () => 1_000_000,
      (ms) => {
        waits.push(ms);
        return new Promise(() => undefined);
      },
    );
    for (let i = 0; i < 5; i += 1) void budget.take(1_000);
    // Two at once make up for the time in which none was asked for.
    expect(waits).toEqual([125, 250]);
  });
});

describe('ranges read at the pace of a budget', () => {
  it('every range is read once, in order, however full they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1_000), { maxLength: 200 }), async (filled) => {
        const { budget } = budgetOf(8_000);
        let at = 0;
        const parts = await new PacedRanges(budget).read(
          filled.map(() => WHOLE),
          async (part) => {
            const found = filled.slice(at, at + part.length);
            at += part.length;
            return { rows: found.reduce((sum, rows) => sum + rows, 0), found };
          },
        );
        expect(parts.flat()).toEqual(filled);
      }),
    );
  });

  it.each<[string, number, number, readonly number[]]>([
    ['ranges as expected', 8_000, 250, [4, 4, 4]],
    ['fuller ranges', 8_000, 500, [4, 2, 2, 2, 2]],
    ['ranges of more rows than may be read at once', 8_000, 5_000, [4, 1, 1, 1, 1, 1, 1, 1, 1]],
    ['emptier ranges', 8_000, 10, [4, 8]],
    ['no limit', Number.POSITIVE_INFINITY, 250, [12]],
  ])('%s', async (_, rowsPerSec, rowsInEach, sizes) => {
    const parts = await new PacedRanges(budgetOf(rowsPerSec).budget).read(
      Array.from({ length: 12 }, () => WHOLE),
      async (part) => ({ rows: part.length * rowsInEach, found: part.length }),
    );
    expect(parts).toEqual(sizes);
  });
});
