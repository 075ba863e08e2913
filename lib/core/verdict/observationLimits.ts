import type { ContextDefinition } from '../migration/definition.ts';
import { planOf } from './plan.ts';
import type { IndicatorKind } from './verdict.ts';

/** Thresholds in microseconds that observations of a context are counted against, as its criteria ask. */
export interface ObservationLimits {
  readonly latencyUs: bigint;
  readonly cdcLagUs: bigint;
  readonly transactionTimeUs: bigint;
}

/** The limits of a context's plan; where two stages judge one indicator, that of the earlier stage. */
export function observationLimits(context: ContextDefinition): ObservationLimits {
  const criteria = planOf(context).flatMap((stage) => stage.criteria);
  const limitUs = (kind: IndicatorKind): bigint => criteria.find((c) => c.indicator === kind)?.limitUs ?? 0n;
  return {
    latencyUs: limitUs('latency'),
    cdcLagUs: limitUs('cdc_lag'),
    transactionTimeUs: limitUs('transaction_time'),
  };
}
