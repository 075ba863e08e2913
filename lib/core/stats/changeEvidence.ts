// The detector of change: evidence gathered for a day would hide a fresh regression, so this one starts again at each
// minute (an e-detector of the Shiryaev-Roberts kind; Shin, Ramdas and Rinaldo 2024). While the share is good enough its
// mean time to a false alarm is at least CHANGE_ALARM minutes.
import { FAIL_MULTIPLES, logMeanExp } from './logMeanExp.ts';

/** Fail when R is at least this: 100,000 minutes, 69 days, to a false alarm. */
export const CHANGE_ALARM = 100_000;

export interface CountedBlock {
  readonly n: number;
  readonly bad: number;
}

/**
 * R after the minutes given, oldest first, none left out (a minute without observations is n = 0); the last one may still
 * be open. The current value, not a running maximum; Infinity past 1e308.
 */
export function changeEvidence(minutes: readonly CountedBlock[], p0: number): number {
  const logR = FAIL_MULTIPLES.map((m) => logDetector(minutes, p0, m));
  return Math.exp(logMeanExp(logR));
}

function logDetector(minutes: readonly CountedBlock[], p0: number, m: number): number {
  const logM = Math.log(m);
  let logR = Number.NEGATIVE_INFINITY;
  for (const { n, bad } of minutes) {
    const logRPlusOne = logR > 0 ? logR + Math.log1p(Math.exp(-logR)) : Math.log1p(Math.exp(logR));
    logR = logRPlusOne + bad * logM - (m - 1) * n * p0;
  }
  return logR;
}
