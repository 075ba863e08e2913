import { criterionVerdictOf } from './criterionOutcome.ts';
import { evaluateCriterion } from './evaluateCriterion.ts';
import type { CriterionEvidence } from './evidence.ts';
import { NO_ATTEMPT, NOT_STARTED, stageReason } from './explain.ts';
import type { StagePlan } from './plan.ts';
import {
  type Criterion,
  type CriterionVerdict,
  type CriterionWaiver,
  type Phase,
  type StageVerdict,
  VERDICT_WORDS,
  type VerdictEpoch,
  worstOf,
} from './verdict.ts';

export interface StageInput {
  readonly context: string;
  readonly plan: StagePlan;
  readonly phase: Phase;
  /** The open attempt; null where none is. */
  readonly epoch: VerdictEpoch | null;
  /** Evidence by criterion id, since the start of the epoch. */
  readonly evidence: ReadonlyMap<string, CriterionEvidence>;
  /** Waivers by criterion id, whether or not they have expired. */
  readonly waivers: ReadonlyMap<string, CriterionWaiver>;
  /** The verdict before this one: it holds the failures of the epoch. */
  readonly previous: StageVerdict | null;
  readonly nowMs: number;
  readonly validForMs: number;
}

/** The verdict of one stage: the worst of its criteria. A stage that has not started evaluates nothing. */
export function evaluateStage(input: StageInput): StageVerdict {
  const { plan, phase, epoch, nowMs } = input;
  const criteria = criteriaOf(input);
  const started = phase !== 'not_started' && epoch !== null;
  return {
    schemaVersion: '1',
    context: input.context,
    stage: plan.id,
    stageNumber: plan.number,
    stageTitle: plan.title,
    phase,
    verdict: worstOf(criteria.map((criterion) => criterion.verdict)),
    reason: started ? stageReason(blockerOf(criteria), criteria) : phase === 'not_started' ? NOT_STARTED : NO_ATTEMPT,
    evaluatedAt: new Date(nowMs).toISOString(),
    validUntil: new Date(nowMs + input.validForMs).toISOString(),
    epoch: phase === 'not_started' ? null : epoch,
    criteria,
  };
}

/** The first of the worst criteria: what a reader must look at. Undefined without criteria. */
export function blockerOf(criteria: readonly CriterionVerdict[]): CriterionVerdict | undefined {
  for (const word of VERDICT_WORDS) {
    const first = criteria.find((criterion) => criterion.verdict === word);
    if (first !== undefined) return first;
  }
  return undefined;
}

/** The verdict of a context: the worst of its done and current stages. */
export function contextWord(stages: readonly Pick<StageVerdict, 'phase' | 'verdict'>[]): StageVerdict['verdict'] {
  return worstOf(stages.filter((stage) => stage.phase !== 'not_started').map((stage) => stage.verdict));
}

function criteriaOf(input: StageInput): CriterionVerdict[] {
  const { plan, phase, epoch } = input;
  if (phase === 'not_started') return plan.criteria.map((criterion) => notEvaluated(criterion, NOT_STARTED, input));
  if (epoch === null) return plan.criteria.map((criterion) => notEvaluated(criterion, NO_ATTEMPT, input));
  return plan.criteria.map((criterion) =>
    evaluateCriterion({
      criterion,
      evidence: input.evidence.get(criterion.id) ?? { kind: 'none' },
      attempt: epoch.attempt,
      startedAtMs: Date.parse(epoch.startedAt),
      nowMs: input.nowMs,
      criteriaCount: plan.criteria.length,
      failure: failureInEpoch(input.previous, epoch, criterion.id),
      waiver: liveWaiver(input.waivers.get(criterion.id), input.nowMs),
    }),
  );
}

function notEvaluated(criterion: Criterion, reason: string, { nowMs }: StageInput): CriterionVerdict {
  return criterionVerdictOf(criterion, { verdict: 'no_data', reason }, nowMs, null);
}

function failureInEpoch(previous: StageVerdict | null, epoch: VerdictEpoch, id: string) {
  if (previous?.epoch?.id !== epoch.id) return null;
  return previous.criteria.find((criterion) => criterion.id === id)?.failure ?? null;
}

function liveWaiver(waiver: CriterionWaiver | undefined, nowMs: number): CriterionWaiver | null {
  return waiver !== undefined && Date.parse(waiver.expiresAt) > nowMs ? waiver : null;
}
