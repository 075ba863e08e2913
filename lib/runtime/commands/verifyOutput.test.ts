import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SeenRun } from '../../ports/passReader.ts';
import { verifyProgress } from './verifyOutput.ts';

/** To the beginning of the line, and nothing on it. */
const CLEARED = '\r\x1b[2K';
const digest = { rows: 0n, sum1: 0n, sum2: 0n };
const seen = (over: Partial<SeenRun> = {}): SeenRun => ({
  id: 'r1',
  state: 'running',
  startedAtMs: Date.UTC(2026, 10, 21, 12),
  finishedAtMs: null,
  detail: null,
  rowsCompared: 250n,
  rowsEstimated: 1_000n,
  coveragePercent: 25,
  rowsPerSec: 124.6,
  etaAtMs: Date.UTC(2026, 10, 21, 12, 0, 8),
  rangesDone: 1,
  rangesTotal: 4,
  clean: 0n,
  diverged: 0n,
  pending: 0n,
  stalled: 0n,
  conflict: 0n,
  unknown: 0n,
  cleanPass: null,
  notCleanBecause: null,
  source: digest,
  target: digest,
  endOffsets: null,
  ...over,
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function progress(out: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  const line = verifyProgress({ context: 'shop', table: 'stock' }, { ...out, write: (text) => written.push(text) });
  return { ...line, written };
}

describe('on a terminal', () => {
  it.each<[string, Partial<SeenRun>, string]>([
    [
      'a quarter of it, the rate and the end',
      {},
      '[██████··················] shop/stock  250 of about 1000 rows, 25.0 %, 125 rows/s, done about 12:00:08 UTC',
    ],
    [
      'nothing is known yet',
      { rowsCompared: 0n, rowsEstimated: null, coveragePercent: null, rowsPerSec: null, etaAtMs: null },
      '[························] shop/stock  0 rows compared',
    ],
    [
      'nearly done, with keys that differ',
      { rowsCompared: 999n, coveragePercent: 99.9, diverged: 3n, rowsPerSec: null, etaAtMs: null },
      '[████████████████████████] shop/stock  999 of about 1000 rows, 99.9 %, 3 divergent',
    ],
    [
      'it waits',
      { coveragePercent: 50, rowsPerSec: null, etaAtMs: null, detail: 'monolith is busy' },
      '[████████████············] shop/stock  250 of about 1000 rows, 50.0 %, waits: monolith is busy',
    ],
  ])('%s', (_, over, text) => {
    const { show, written } = progress({ isTTY: true });
    show(seen(over));
    expect(written).toEqual([`${CLEARED}${text}`]);
  });

  it('fits into the width, so that drawing it anew leaves nothing of it', () => {
    const { show, written } = progress({ isTTY: true, columns: 40 });
    show(seen());
    expect(written).toEqual([`${CLEARED}[██████··················] shop/stock  `]);
  });

  it('is taken away at the end', () => {
    const { show, end, written } = progress({ isTTY: true });
    show(seen());
    end();
    expect(written.at(-1)).toBe(CLEARED);
  });

  it('nothing was drawn: nothing is taken away', () => {
    const { end, written } = progress({ isTTY: true });
    end();
    expect(written).toEqual([]);
  });
});

describe('on a pipe', () => {
  it('is a line every five seconds, without a bar, and none of a pass that is over before', () => {
    const { show, end, written } = progress({});
    for (const ms of [0, 4_999, 1, 4_999]) {
      vi.advanceTimersByTime(ms);
      show(seen());
    }
    end();
    expect(written).toEqual(['shop/stock  250 of about 1000 rows, 25.0 %, 125 rows/s, done about 12:00:08 UTC\n']);
  });
});
