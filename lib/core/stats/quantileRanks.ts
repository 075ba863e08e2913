import { binomialCdf } from './binomialCdf.ts';
import { smallestInteger } from './smallestInteger.ts';

/** Ranks (from 1, ascending) of the order statistics that bound a quantile, each one-sided; null is no finite bound. */
export interface QuantileRanks {
  readonly lower: number | null;
  readonly upper: number | null;
}

/** One-sided bounds at level 1 - alpha of quantile q from n values: no distribution assumed. */
export function quantileRanks(n: number, q: number, alpha: number): QuantileRanks {
  const upper = smallestInteger(1, (s) => s > n || binomialCdf(s - 1, n, q) >= 1 - alpha);
  const lower = smallestInteger(1, (r) => binomialCdf(r - 1, n, q) > alpha) - 1;
  return { lower: lower >= 1 ? lower : null, upper: upper <= n ? upper : null };
}
