import { logPassEvidence } from './passEvidence.ts';

/** lambda_k: the expected bad count n * p0 from which k bad observations prove the target at level alpha. */
export function passThreshold(k: number, alpha: number): number {
  const goal = -Math.log(alpha);
  let low = 0;
  let high = k + 4;
  while (logPassEvidence(k, high) < goal) {
    low = high;
    high *= 2;
  }
  // E rises strictly with lambda, so halving ends at the one root.
  for (let i = 0; i < 200 && high - low > high * 1e-14; i++) {
    const middle = (low + high) / 2;
    if (logPassEvidence(k, middle) < goal) low = middle;
    else high = middle;
  }
  return high;
}
