import { limitText } from './explain.ts';
import {
  type Criterion,
  type CriterionFailure,
  type CriterionVerdict,
  type CriterionWaiver,
  targetOf,
  type VerdictWord,
} from './verdict.ts';

/** What judging the evidence of one criterion gave, before waivers. */
export interface CriterionOutcome {
  readonly verdict: VerdictWord;
  readonly reason: string;
  readonly n?: number;
  readonly failures?: number;
  readonly pending?: number;
  readonly unknown?: number;
  readonly estimate?: number | null;
  readonly observed?: number | null;
  readonly bound?: number | null;
  readonly eValue?: number | null;
  readonly eThreshold?: number | null;
  readonly alpha?: number;
  readonly remaining?: CriterionVerdict['remaining'];
  readonly lastEvidenceMs?: number | null;
  readonly failure?: CriterionFailure | null;
}

/** The whole record of a criterion's verdict from its outcome. */
export function criterionVerdictOf(
  criterion: Criterion,
  outcome: CriterionOutcome,
  sinceMs: number,
  waiver: CriterionWaiver | null,
): CriterionVerdict {
  const { lastEvidenceMs = null } = outcome;
  return {
    ...targetOf(criterion),
    quantile: criterion.quantile ?? null,
    verdict: outcome.verdict,
    reason: outcome.reason,
    limitText: limitText(criterion),
    n: outcome.n ?? 0,
    failures: outcome.failures ?? 0,
    pending: outcome.pending ?? 0,
    unknown: outcome.unknown ?? 0,
    estimate: outcome.estimate ?? null,
    observed: outcome.observed ?? null,
    bound: outcome.bound ?? null,
    eValue: outcome.eValue ?? null,
    eThreshold: outcome.eThreshold ?? null,
    alpha: outcome.alpha ?? criterion.alpha,
    remaining: outcome.remaining ?? null,
    failure: outcome.failure ?? null,
    since: new Date(sinceMs).toISOString(),
    lastEvidenceAt: lastEvidenceMs === null ? null : new Date(lastEvidenceMs).toISOString(),
    waiver,
  };
}
