import type { CriterionInput } from './criterionInput.ts';
import { type CriterionOutcome, criterionVerdictOf } from './criterionOutcome.ts';
import { waivedBecause } from './explain.ts';
import { countedIndicator } from './indicators/countedIndicators.ts';
import { judgeComparison } from './judgeComparison.ts';
import { judgeCounted } from './judgeCounted.ts';
import { judgeInvariants } from './judgeInvariants.ts';
import type { CriterionVerdict } from './verdict.ts';

/** The verdict of one criterion by its evidence, its failure so far and its waiver. */
export function evaluateCriterion(input: CriterionInput): CriterionVerdict {
  const { criterion, waiver, nowMs, startedAtMs } = input;
  // An outcome that says nothing of a failure leaves the one on record: no_data or error must not wipe it out.
  const outcome = { failure: input.failure, ...judge(input) };
  if (waiver === null || outcome.verdict === 'pass') return criterionVerdictOf(criterion, outcome, startedAtMs, null);
  const waived = { ...outcome, verdict: 'waived', reason: waivedBecause(waiver, outcome.reason, nowMs) } as const;
  return criterionVerdictOf(criterion, waived, startedAtMs, waiver);
}

function judge(input: CriterionInput): CriterionOutcome {
  const { criterion, evidence } = input;
  if (criterion.missingInput !== undefined) return { verdict: 'no_data', reason: criterion.missingInput };
  switch (evidence.kind) {
    case 'counted': {
      const indicator = countedIndicator(criterion);
      if (indicator === undefined) return { verdict: 'error', reason: `${criterion.indicator} is not counted` };
      return judgeCounted(input, evidence, indicator);
    }
    case 'comparison':
      return judgeComparison(input, evidence);
    case 'invariants':
      return judgeInvariants(input, evidence);
    case 'none':
      return { verdict: 'no_data', reason: `no evidence of ${criterion.title.toLowerCase()} has been loaded` };
    default:
      return evidence satisfies never;
  }
}
