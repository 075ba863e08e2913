// Time to consistency: how long after its commit a change was seen right on the other side, as a histogram for a page.
import { binQuantile, type HistogramBin } from '../stats/binQuantile.ts';

/** The limit that the built-in plan sets in stage 3: the service's data is consistent within a second. */
export const CONSISTENT_WITHIN_MS = 1_000;

/** Upper edges of the columns, ms; the last column is open. */
export const COLUMN_EDGES_MS = [5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] as const;

export interface ConvergenceColumn {
  /** Above this, up to and including `toMs`; null is open. */
  readonly fromMs: number;
  readonly toMs: number | null;
  readonly n: number;
}

export interface Convergence {
  /** Rows whose time was measured. */
  readonly n: number;
  /** Share of them within the limit, counted, not read off the columns; null where none was counted. */
  readonly withinShare: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly columns: readonly ConvergenceColumn[];
}

/** Counters over the same time as the bins. */
export interface ConvergenceCount {
  readonly n: number;
  readonly bad: number;
}

/** Bins are 2 % wide, so the one that an edge falls into goes to the column that it mostly lies in. */
const HALF_BIN = 1.01;

/** The columns, quantiles and the counted share of one histogram (bins as `binQuantile` has them, in microseconds). */
export function convergence(bins: readonly HistogramBin[], counted: ConvergenceCount): Convergence {
  const edges = [...COLUMN_EDGES_MS, null];
  const counts = edges.map(() => 0);
  for (const { bin, n } of bins) {
    const upperMs = 1.02 ** bin / 1000;
    const at = edges.findIndex((edge) => edge === null || upperMs <= edge * HALF_BIN);
    counts[at] = (counts[at] ?? 0) + n;
  }
  return {
    n: counted.n,
    withinShare: counted.n === 0 ? null : (counted.n - counted.bad) / counted.n,
    p50Ms: inMs(binQuantile(bins, 0.5)),
    p99Ms: inMs(binQuantile(bins, 0.99)),
    columns: edges.map((toMs, i) => ({ fromMs: i === 0 ? 0 : (edges[i - 1] ?? 0), toMs, n: counts[i] ?? 0 })),
  };
}

const inMs = (microseconds: number | null): number | null => (microseconds === null ? null : microseconds / 1000);
