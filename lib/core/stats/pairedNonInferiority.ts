import { binomialCdf } from './binomialCdf.ts';

/** p of "no increase" from paired shadow reads: b where only the service failed, c where only the monolith did. */
export function pairedNonInferiority(b: number, c: number, ratio: number): number {
  return binomialCdf(b, b + c, ratio / (1 + ratio));
}
