import { passThreshold } from './passThreshold.ts';

/** Observations still missing for a pass after k bad of n, if every one of them is good; 0 when there are enough. */
export function remainingTrials(k: number, n: number, p0: number, alpha: number): number {
  return Math.max(0, Math.ceil(passThreshold(k, alpha) / p0 - n));
}
