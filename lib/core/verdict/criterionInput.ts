import type { CriterionEvidence } from './evidence.ts';
import type { Criterion, CriterionFailure, CriterionWaiver } from './verdict.ts';

/** What the judgement of one criterion takes. */
export interface CriterionInput {
  readonly criterion: Criterion;
  readonly evidence: CriterionEvidence;
  /** From 1: each attempt may spend less of alpha. */
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** Criteria of the stage: failing on any of m needs alpha / m. */
  readonly criteriaCount: number;
  /** The failure that this epoch already has. */
  readonly failure: CriterionFailure | null;
  /** A waiver that has not expired. */
  readonly waiver: CriterionWaiver | null;
}
