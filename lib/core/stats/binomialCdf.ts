import betainc from '@stdlib/math-base-special-betainc';

/** P(X <= k) of a binomial with n trials of probability p; 0 below k = 0, 1 from k = n on. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return betainc(p, k + 1, n - k, true, true);
}
