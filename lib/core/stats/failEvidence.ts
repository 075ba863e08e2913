// Evidence that a bad share is above p0: a mean of Poisson likelihood ratios against m times p0.
import { FAIL_MULTIPLES, logMeanExp } from './logMeanExp.ts';

/** The e-value F against "the bad share is at most p0", with lambda = n * p0; fail when F >= criteria / alpha. */
export function failEvidence(k: number, lambda: number): number {
  return Math.exp(logMeanExp(FAIL_MULTIPLES.map((m) => k * Math.log(m) - (m - 1) * lambda)));
}
