import { describe, expect, it } from 'vitest';
import type { CounterRow } from '../../core/verdict/evidence.ts';
import { type LoadCounters, settledCounters } from './settledCounters.ts';

const MINUTE = 60_000;

/** One observation in each minute of two hours, and the spans that were asked for. */
function source() {
  const asked: [number, number | null][] = [];
  const load: LoadCounters = async (fromMs, untilMs) => {
    asked.push([fromMs / MINUTE, untilMs === null ? null : untilMs / MINUTE]);
    return Array.from({ length: 120 }, (_, i) => i * MINUTE)
      .filter((at) => at >= fromMs && (untilMs === null || at < untilMs))
      .map((minuteMs): CounterRow => ({ minuteMs, n: 1, bad: 0, unknown: 0, lastBucketMs: minuteMs }));
  };
  return { asked, load };
}

describe('settledCounters', () => {
  it('gives every minute once, whatever is kept', async () => {
    const read = settledCounters();
    const { load } = source();
    for (const nowMs of [10, 40, 40.2, 40.9, 41.5, 119].map((minute) => minute * MINUTE)) {
      const rows = await read('k', 5 * MINUTE, nowMs, load);
      expect(rows.map((row) => row.minuteMs)).toEqual(Array.from({ length: 115 }, (_, i) => (i + 5) * MINUTE));
    }
  });

  it('reads old minutes once a minute and recent ones each time', async () => {
    const read = settledCounters();
    const { asked, load } = source();
    for (const minute of [60, 60.5, 61]) await read('k', 0, minute * MINUTE, load);
    expect(asked).toEqual([
      [0, 45],
      [45, null],
      [45, null],
      [0, 46],
      [46, null],
    ]);
  });

  it('begins anew with another epoch, and keeps keys apart', async () => {
    const read = settledCounters();
    const { asked, load } = source();
    await read('k', 0, 60 * MINUTE, load);
    await read('k', 10 * MINUTE, 60 * MINUTE, load);
    await read('other', 10 * MINUTE, 60 * MINUTE, load);
    expect(asked.filter(([, until]) => until !== null)).toEqual([
      [0, 45],
      [10, 45],
      [10, 45],
    ]);
  });
});
