// Exact one-sided bounds of a binomial share at a fixed n (Clopper and Pearson 1934). For one look only: a verdict that is
// polled uses passEvidence and failEvidence.
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';

/** Upper bound at level 1 - alpha of the share behind k of n; 1 when n is 0 or k is n. */
export function clopperPearsonUpper(k: number, n: number, alpha: number): number {
  if (n <= 0 || k >= n) return 1;
  if (k === 0) return -Math.expm1(Math.log(alpha) / n);
  return betaQuantile(1 - alpha, k + 1, n - k);
}

/** Lower bound at level 1 - alpha of the share behind k of n; 0 when k is 0. */
export function clopperPearsonLower(k: number, n: number, alpha: number): number {
  if (n <= 0 || k <= 0) return 0;
  if (k >= n) return Math.exp(Math.log(alpha) / n);
  return betaQuantile(alpha, k, n - k + 1);
}
