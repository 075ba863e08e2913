import { clopperPearsonLower } from './clopperPearson.ts';

/** Lower bound at level 1 - alpha of the burn rate: how many times faster than the SLO allows its budget is used. */
export function burnRateLower(k: number, n: number, slo: number, alpha: number): number {
  return clopperPearsonLower(k, n, alpha) / (1 - slo);
}
