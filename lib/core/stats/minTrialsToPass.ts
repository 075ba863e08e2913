import { binomialCdf } from './binomialCdf.ts';
import { smallestInteger } from './smallestInteger.ts';

/** The smallest n at which k failures put the Clopper-Pearson upper bound below p0, seen in one look. */
export function minTrialsToPass(k: number, p0: number, alpha: number): number {
  return smallestInteger(k + 1, (n) => binomialCdf(k, n, p0) < alpha);
}
