import type { CountedEvidence, CountedMinute, CounterRow } from './evidence.ts';

const MINUTE_MS = 60_000;

/**
 * Sums counter rows of any series, in any order, to the evidence of one criterion. Observations dated more than a minute
 * after `nowMs` come from a clock that is wrong: they can't be judged and count as unknown.
 */
export function gatherCounted(
  rows: readonly CounterRow[],
  rest: Pick<CountedEvidence, 'pending' | 'observed' | 'wanting' | 'source'>,
  nowMs: number,
): CountedEvidence {
  const byMinute = new Map<number, { n: number; bad: number }>();
  let n = 0;
  let bad = 0;
  let unknown = 0;
  let lastEvidenceMs: number | null = null;
  for (const row of rows) {
    unknown += row.unknown;
    if (row.minuteMs > nowMs + MINUTE_MS) {
      unknown += row.n;
      continue;
    }
    n += row.n;
    bad += row.bad;
    if (row.n > 0) lastEvidenceMs = Math.max(lastEvidenceMs ?? row.lastBucketMs, row.lastBucketMs);
    const minute = byMinute.get(row.minuteMs) ?? { n: 0, bad: 0 };
    byMinute.set(row.minuteMs, { n: minute.n + row.n, bad: minute.bad + row.bad });
  }
  const minutes: CountedMinute[] = [...byMinute]
    .map(([minuteMs, counts]) => ({ minuteMs, ...counts }))
    .sort((a, b) => a.minuteMs - b.minuteMs);
  return { kind: 'counted', n, bad, unknown, minutes, lastEvidenceMs, ...rest };
}
