// Observations become additive counters: any order, any split into shards, any merge gives the same sums.
import { type BinDelta, type BucketDelta, ObservationFold } from '../lag/observationFold.ts';
import type { Observation } from './observationsOf.ts';

export interface KpiDeltas {
  /** Sorted by key, so that two writers take the rows' locks in one order. */
  readonly buckets: readonly BucketDelta[];
  readonly bins: readonly BinDelta[];
}

/** Sums observations by bucket and by bin. */
export function foldObservations(observations: Iterable<Observation>): KpiDeltas {
  const fold = new ObservationFold();
  for (const { context, indicator, series, cohort, limitUs, atMs, judged, valueUs } of observations) {
    const value = valueUs === null ? null : Number(valueUs);
    fold.add({ context, indicator, series, cohort, limitUs }, atMs * 1_000, judged, value);
  }
  return { buckets: fold.buckets(), bins: fold.bins() };
}
