// The built-in plan strangler-six: six stages, each with its criteria and targets. A context may override target,
// quantile, alpha and minimum duration of each.
import type { ContextDefinition, CriterionOverride } from '../migration/definition.ts';
import { PLAN_CRITERIA, type PlannedCriterion } from './planCriteria.ts';
import { type Criterion, STAGE_IDS, type StageId } from './verdict.ts';

export interface StagePlan {
  readonly id: StageId;
  /** 1 to 6. */
  readonly number: number;
  readonly title: string;
  readonly criteria: readonly Criterion[];
}

/** What each stage is called. */
export const STAGE_TITLES: Readonly<Record<StageId, string>> = {
  preparation: 'Preparation',
  build_service: 'Build service',
  sync_data: 'Sync data',
  route_reads: 'Route reads',
  route_writes: 'Route writes',
  decommission: 'Decommission',
};

/** All that a plan takes of a context. */
type Overridden = Pick<ContextDefinition, 'criteria'>;

const DEFAULT_ALPHA = 0.05;
const DEFAULT_MIN_DURATION_SEC = 86_400;

/** The six stages of a context's plan with its overrides applied. */
export function planOf(context: Overridden): readonly StagePlan[] {
  return STAGE_IDS.map((id) => stagePlanOf(context, id));
}

/** One stage of a context's plan with its overrides applied. */
export function stagePlanOf(context: Overridden, stage: StageId): StagePlan {
  return {
    id: stage,
    number: STAGE_IDS.indexOf(stage) + 1,
    title: STAGE_TITLES[stage],
    criteria: PLAN_CRITERIA[stage].map((planned) => criterionOf(planned, overrideOf(context, stage, planned.id))),
  };
}

/** A stage's own override; a criterion that an earlier stage has too takes over what that one's override says. */
function overrideOf(context: Overridden, stage: StageId, id: string): CriterionOverride {
  const upToStage = STAGE_IDS.slice(0, STAGE_IDS.indexOf(stage) + 1);
  return upToStage.reduce<CriterionOverride>((earlier, at) => {
    const own = context.criteria[at]?.[id];
    return {
      target: own?.target ?? earlier.target,
      quantile: own?.quantile ?? earlier.quantile,
      alpha: own?.alpha ?? earlier.alpha,
      minDurationSec: own?.minDurationSec ?? earlier.minDurationSec,
    };
  }, {});
}

function criterionOf(planned: PlannedCriterion, override: CriterionOverride): Criterion {
  const target = override.target ?? planned.target;
  const quantile = override.quantile ?? planned.quantile;
  const badShareLimit = badShareLimitOf({ ...planned, target, quantile });
  return {
    id: planned.id,
    title: planned.title,
    indicator: planned.indicator,
    kind: planned.kind,
    op: planned.op,
    target,
    unit: planned.unit,
    ...(quantile === undefined ? {} : { quantile }),
    ...(badShareLimit === null ? {} : { badShareLimit }),
    limitUs: planned.unit === 'ms' ? BigInt(Math.round(target * 1000)) : 0n,
    alpha: override.alpha ?? DEFAULT_ALPHA,
    minDurationSec: override.minDurationSec ?? DEFAULT_MIN_DURATION_SEC,
    ...(planned.limitWords === undefined ? {} : { limitWords: planned.limitWords }),
    ...(planned.missingInput === undefined ? {} : { missingInput: planned.missingInput }),
  };
}

/** p99 < c means that at most 1 % may reach c; more than 99.99 % good means that at most 0.01 % may be bad. */
function badShareLimitOf(
  planned: Omit<PlannedCriterion, 'quantile'> & { quantile: number | undefined },
): number | null {
  if (planned.kind === 'quantile') return complement(planned.quantile ?? 0.99);
  if (planned.kind !== 'proportion') return null;
  return planned.op === 'gt' ? complement(planned.target) : planned.target;
}

/** 1 - share without the rounding error of the subtraction (1 - 0.9999 is 1e-4). */
function complement(share: number): number {
  return Number((1 - share).toPrecision(12));
}
