// Sums across databases that must hold. One cut at which a sum is off is proof, and stays it for the epoch: what was lost
// once is not found again by waiting. Reads between which changes lay prove nothing, either way.
import type { CriterionInput } from './criterionInput.ts';
import type { CriterionOutcome } from './criterionOutcome.ts';
import type { InvariantEvidence } from './evidence.ts';
import { stillFailed } from './explain.ts';
import { invariantSentences as say } from './explainInvariants.ts';

/** Without a cut for this long there is no evidence. */
const QUIET_AFTER_MS = 5 * 60_000;

/** Judges the invariants of a context. */
export function judgeInvariants(input: CriterionInput, { invariants, source }: InvariantEvidence): CriterionOutcome {
  const { nowMs, criterion } = input;
  if (invariants.length === 0) return { verdict: 'no_data', reason: say.none() };
  const figures = figuresOf(invariants);
  const broken = invariants.find(({ violations }) => violations > 0);
  if (broken?.violated != null) {
    const reason = say.violated(broken, broken.violated, input);
    const failure = input.failure ?? { at: new Date(nowMs).toISOString(), reason };
    return { ...figures, verdict: 'fail', reason, failure };
  }
  if (input.failure !== null) {
    const reason = stillFailed(input.failure.reason, Date.parse(input.failure.at), nowMs);
    return { ...figures, verdict: 'fail', reason, failure: input.failure };
  }
  if (source.state === 'biased') return { ...figures, verdict: 'error', reason: source.detail };
  if (source.state === 'unreachable') return { ...figures, verdict: 'no_data', reason: source.detail };
  for (const invariant of invariants) {
    const { newest, unsettledBecause } = invariant;
    if (newest === null)
      return { ...figures, verdict: 'no_data', reason: say.noCut(invariant, unsettledBecause, input) };
    if (nowMs - newest.atMs > QUIET_AFTER_MS) {
      return { ...figures, verdict: 'no_data', reason: say.oldCut(invariant, newest.atMs, unsettledBecause, nowMs) };
    }
  }
  const restSec = Math.ceil(criterion.minDurationSec - (nowMs - input.startedAtMs) / 1000);
  const once = invariants.find(({ cuts }) => cuts < 2);
  if (once !== undefined) return { ...figures, verdict: 'inconclusive', reason: say.once(once) };
  if (restSec > 0) {
    const reason = say.tooEarly(criterion.minDurationSec, restSec);
    return { ...figures, verdict: 'inconclusive', reason, remaining: { events: 0, etaSeconds: restSec } };
  }
  return { ...figures, verdict: 'pass', reason: say.held(invariants, input) };
}

function figuresOf(invariants: InvariantEvidence['invariants']) {
  const total = (of: (invariant: InvariantEvidence['invariants'][number]) => number) =>
    invariants.reduce((sum, invariant) => sum + of(invariant), 0);
  const cuts = total((invariant) => invariant.cuts);
  const violations = total((invariant) => invariant.violations);
  const newest = invariants.map((invariant) => invariant.newest?.atMs ?? null).filter((atMs) => atMs !== null);
  return {
    n: cuts,
    failures: violations,
    pending: total(({ unsettledBecause }) => (unsettledBecause === null ? 0 : 1)),
    estimate: cuts === 0 ? null : violations,
    observed: cuts === 0 ? null : violations,
    lastEvidenceMs: newest.length === 0 ? null : Math.max(...newest),
  };
}
