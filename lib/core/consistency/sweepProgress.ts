// How far a pass is, how fast it goes and when it will end. The rate counts the rows of the last half minute or so, each
// weighted by exp(-age / 30 s): it follows a budget that changes, a pause and a second worker, and one number keeps it.

const WINDOW_MS = 30_000;

/** What the rate is counted from; times in ms since 1970. */
export interface SweepPace {
  /** Rows compared, each weighted by its age at `atMs`. */
  readonly recentRows: number;
  readonly atMs: number;
  /** When the pass began, or went on after an interruption. */
  readonly sinceMs: number;
}

/** The pace after a range of `rows` rows was compared. */
export function nextPace(pace: SweepPace, rows: bigint, nowMs: number): SweepPace {
  const aged = pace.recentRows * Math.exp(-Math.max(0, nowMs - pace.atMs) / WINDOW_MS);
  return { recentRows: aged + Number(rows), atMs: Math.max(pace.atMs, nowMs), sinceMs: pace.sinceMs };
}

/** Rows a second; null before any time has passed. */
export function paceRowsPerSec({ recentRows, atMs, sinceMs }: SweepPace): number | null {
  // What an endless past at this rate would weigh, less the part of it that lies before the beginning.
  const weight = (WINDOW_MS / 1000) * -Math.expm1(-(atMs - sinceMs) / WINDOW_MS);
  return weight > 0 ? recentRows / weight : null;
}

/** Share of the rows compared, in percent: below 100 until the pass is complete; null without an estimate. */
export function coveragePercent(rowsCompared: bigint, rowsEstimated: bigint | null): number | null {
  if (rowsEstimated === null || rowsEstimated <= 0n) return null;
  return Math.min(99.9, (Number(rowsCompared) / Number(rowsEstimated)) * 100);
}

/** When the rest will be done, in ms since 1970; null if the rate or the rest is not known. */
export function etaAtMs(pace: SweepPace, rowsCompared: bigint, rowsEstimated: bigint | null): number | null {
  const rate = paceRowsPerSec(pace);
  // More rows than estimated: the estimate says nothing of the rest.
  if (rate === null || rate <= 0 || rowsEstimated === null || rowsEstimated <= rowsCompared) return null;
  return Math.round(pace.atMs + (Number(rowsEstimated - rowsCompared) / rate) * 1000);
}
