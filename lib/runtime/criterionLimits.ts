import type { ContextDefinition } from '../core/migration/definition.ts';
import { planOf } from '../core/verdict/plan.ts';
import type { IndicatorKind } from '../core/verdict/verdict.ts';

/** Where a plan sets no limit for what is measured: one second. */
const FALLBACK_US = 1_000_000n;

/**
 * The threshold, in microseconds, by which observations of an indicator are counted as bad. Evidence is counted once,
 * by the limit of the first stage that has the indicator; a later stage with another limit finds no evidence and says so.
 */
export function criterionLimitUs(context: ContextDefinition, indicator: IndicatorKind): bigint {
  for (const stage of planOf(context)) {
    const criterion = stage.criteria.find((c) => c.indicator === indicator);
    if (criterion !== undefined) return criterion.limitUs;
  }
  return FALLBACK_US;
}
