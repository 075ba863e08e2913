// A tick sums the buckets of a whole epoch, and after a week those are hundreds of thousands of rows. Old minutes hardly
// change, so their sums are kept for a minute; the recent ones, where evidence still arrives, are read each time.
import type { CounterRow } from '../../core/verdict/evidence.ts';

const SETTLED_AFTER_MS = 15 * 60_000;
const KEEP_MS = 60_000;
const MINUTE_MS = 60_000;

interface Settled {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly loadedMs: number;
  readonly rows: readonly CounterRow[];
}

/** Sums of the minutes in [fromMs, untilMs); untilMs null is without end. */
export type LoadCounters = (fromMs: number, untilMs: number | null) => Promise<readonly CounterRow[]>;

/** Reads counters through the sums that it keeps of each key. */
export function settledCounters(): (
  key: string,
  fromMs: number,
  nowMs: number,
  load: LoadCounters,
) => Promise<readonly CounterRow[]> {
  const kept = new Map<string, Settled>();
  return async (key, fromMs, nowMs, load) => {
    const untilMs = Math.floor((nowMs - SETTLED_AFTER_MS) / MINUTE_MS) * MINUTE_MS;
    if (untilMs <= fromMs) {
      kept.delete(key);
      return load(fromMs, null);
    }
    const known = kept.get(key);
    const fresh = known !== undefined && known.fromMs === fromMs && Math.abs(nowMs - known.loadedMs) < KEEP_MS;
    const settled = fresh ? known : { fromMs, untilMs, loadedMs: nowMs, rows: await load(fromMs, untilMs) };
    kept.set(key, settled);
    return [...settled.rows, ...(await load(settled.untilMs, null))];
  };
}
