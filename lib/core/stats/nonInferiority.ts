// "No increase" with a declared ratio: given all failures, the treatment's share of them is binomial, and at the ratio's
// limit its probability is theta0 = ratio * n_t / (n_b + ratio * n_t). There is no proof without a margin.
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import { binomialCdf } from './binomialCdf.ts';

export interface NonInferiorityInput {
  readonly badTreatment: number;
  readonly nTreatment: number;
  readonly badBaseline: number;
  readonly nBaseline: number;
  /** The highest ratio of treatment to baseline that is no increase, e.g. 1.25. */
  readonly ratio: number;
  /** Level of the upper bound; 0.05 if left out. */
  readonly alpha?: number;
}

/** `p` to pass at p <= alpha, and the upper bound of the ratio (Infinity without a failure of the baseline). */
export function nonInferiority(input: NonInferiorityInput): { readonly p: number; readonly upper: number } {
  const { badTreatment, nTreatment, badBaseline, nBaseline, ratio, alpha = 0.05 } = input;
  const theta0 = (ratio * nTreatment) / (nBaseline + ratio * nTreatment);
  const p = binomialCdf(badTreatment, badTreatment + badBaseline, theta0);
  if (badBaseline === 0) return { p, upper: Number.POSITIVE_INFINITY };
  const tU = betaQuantile(1 - alpha, badTreatment + 1, badBaseline);
  return { p, upper: ((tU / (1 - tU)) * nBaseline) / nTreatment };
}
