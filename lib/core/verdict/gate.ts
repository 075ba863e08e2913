// How a verdict reads to machines that block or release a deployment. Not yet is never yes: only pass and waived let go.
import { type CriterionVerdict, type StageVerdict, targetOf, type VerdictWord } from './verdict.ts';

/** What each kind of reader is told; null is nothing. */
export interface GateOutcome {
  readonly cliExit: 0 | 1 | 2 | 3;
  readonly httpStatus: 200 | 503;
  readonly argo: 'Successful' | 'Inconclusive' | 'Failed' | 'Error';
  readonly flagger: 200 | 403 | 503;
  /** Flagger's rollback hook is inverted: 200 rolls back. */
  readonly flaggerRollback: 200 | 403;
  readonly github: 'success' | 'action_required' | 'failure';
  readonly gitlab: 'passed' | 'pending_then_failed' | 'failed';
  readonly alert: 'resolved' | 'info' | 'ticket' | 'page' | null;
  readonly inToto: 'PASSED' | 'WARNED' | 'FAILED' | null;
}

/** The usage error of the CLI, which no verdict has. */
export const CLI_USAGE_EXIT = 64;

const wait = { cliExit: 2, httpStatus: 200, argo: 'Inconclusive', flagger: 403, flaggerRollback: 403 } as const;

const GATE_OUTCOMES: Readonly<Record<VerdictWord, GateOutcome>> = {
  pass: {
    cliExit: 0,
    httpStatus: 200,
    argo: 'Successful',
    flagger: 200,
    flaggerRollback: 403,
    github: 'success',
    gitlab: 'passed',
    alert: 'resolved',
    inToto: 'PASSED',
  },
  waived: {
    cliExit: 0,
    httpStatus: 200,
    argo: 'Successful',
    flagger: 200,
    flaggerRollback: 403,
    github: 'success',
    gitlab: 'passed',
    alert: 'info',
    inToto: 'WARNED',
  },
  inconclusive: { ...wait, github: 'action_required', gitlab: 'pending_then_failed', alert: null, inToto: null },
  no_data: { ...wait, github: 'action_required', gitlab: 'failed', alert: 'ticket', inToto: null },
  fail: {
    cliExit: 1,
    httpStatus: 200,
    argo: 'Failed',
    flagger: 403,
    flaggerRollback: 200,
    github: 'failure',
    gitlab: 'failed',
    alert: 'page',
    inToto: 'FAILED',
  },
  error: {
    cliExit: 3,
    httpStatus: 503,
    argo: 'Error',
    flagger: 503,
    flaggerRollback: 403,
    github: 'failure',
    gitlab: 'failed',
    alert: 'ticket',
    inToto: null,
  },
};

/** The row of the gate table for a word. */
export function gateOutcome(word: VerdictWord): GateOutcome {
  return GATE_OUTCOMES[word];
}

/** The body of `GET /api/v1/gates/{context}/{stage}` (a dry run gives the real verdict and says that nothing acts on it). */
export function gateBody(verdict: StageVerdict, options: { readonly dryRun: boolean; readonly dashboardUrl: string }) {
  return {
    schemaVersion: verdict.schemaVersion,
    gate: `${verdict.context}/${verdict.stage}`,
    stage: verdict.stageNumber,
    phase: verdict.phase,
    verdict: verdict.verdict,
    stale: verdict.stale ?? false,
    enforced: !options.dryRun,
    reason: verdict.reason,
    evaluatedAt: verdict.evaluatedAt,
    validUntil: verdict.validUntil,
    epoch: verdict.epoch,
    criteria: verdict.criteria.map(gateCriterion),
    signoffs: [],
    links: { evidence: options.dashboardUrl, dashboard: options.dashboardUrl },
  };
}

export type GateBody = ReturnType<typeof gateBody>;

function gateCriterion(criterion: CriterionVerdict) {
  const { estimate, bound } = onTargetSide(criterion);
  return {
    ...targetOf(criterion),
    quantile: criterion.quantile,
    limit: criterion.limitText,
    verdict: criterion.verdict,
    reason: criterion.reason,
    n: criterion.n,
    failures: criterion.failures,
    pending: criterion.pending,
    unknown: criterion.unknown,
    estimate,
    observed: criterion.observed,
    bound,
    eValue: criterion.eValue,
    eThreshold: criterion.eThreshold,
    alpha: criterion.alpha,
    remaining: criterion.remaining,
    since: criterion.since,
    lastEvidenceAt: criterion.lastEvidenceAt,
    waiver: criterion.waiver,
  };
}

/** A stored verdict keeps the good share and the bound of the bad one; the gate gives both on the target's side. */
function onTargetSide({ kind, op, estimate, bound }: CriterionVerdict) {
  const asBadShare = kind === 'proportion' && op === 'lt';
  if (kind !== 'proportion' && kind !== 'quantile') return { estimate, bound };
  return {
    estimate: estimate === null || !asBadShare ? estimate : 1 - estimate,
    bound: bound === null || asBadShare ? bound : 1 - bound,
  };
}
