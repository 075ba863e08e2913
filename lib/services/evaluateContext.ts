import { canonicalJson } from '../core/audit/canonicalJson.ts';
import type { ContextDefinition } from '../core/migration/definition.ts';
import { criteriaDigest } from '../core/verdict/criteriaDigest.ts';
import { evaluateStage } from '../core/verdict/evaluateStage.ts';
import { phaseOf } from '../core/verdict/phaseOf.ts';
import { planOf, type StagePlan } from '../core/verdict/plan.ts';
import type { Phase, StageVerdict, VerdictEpoch } from '../core/verdict/verdict.ts';
import { verdictChange } from '../core/verdict/verdictChange.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { EvidenceStore } from '../ports/evidenceStore.ts';
import type { Logger } from '../ports/logger.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';
import type {
  CurrentEvaluation,
  OpenAttempt,
  StoredWaiver,
  VerdictStore,
  VerdictTransaction,
} from '../ports/verdictStore.ts';
import { loadEvidence } from './evaluateEvidence.ts';
import type { Sources } from './evaluateSources.ts';
import { openAttemptIn } from './openAttempt.ts';
import { SYSTEM } from './requireRole.ts';
import { sha256Hex } from './sha256Hex.ts';

export interface EvaluateDeps {
  readonly store: VerdictStore;
  readonly evidence: EvidenceStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly status: StatusBoard;
  /** Time between two ticks; a verdict is valid for three. */
  readonly intervalMs: number;
}

/**
 * Evaluates every stage of a context and stores it, all within the given transaction.
 * Returns its verdicts in stage order; none if another worker is at it.
 */
export async function evaluateContext(
  deps: EvaluateDeps,
  tx: VerdictTransaction,
  context: ContextDefinition,
  sources: Sources,
): Promise<readonly StageVerdict[]> {
  if (!(await tx.tryLockContext(context.id))) return [];
  const phases = await tx.phases(context.id);
  const attempts = await tx.openAttempts(context.id);
  const waivers = await tx.waivers(context.id);
  const current = await tx.currentEvaluations(context.id);
  const verdicts: StageVerdict[] = [];
  for (const plan of planOf(context)) {
    const phase = phaseOf(phases, plan.id);
    const attempt = await attemptOf(deps, tx, context, plan, phase, attempts);
    const previous = current.get(plan.id) ?? null;
    const verdict = await judge(deps, context, plan, phase, attempt, sources, waivers, previous);
    await store(deps, tx, verdict, previous);
    verdicts.push(verdict);
  }
  return verdicts;
}

/** The stage's open attempt; opens one where there is none, or where its criteria are not those of the attempt. */
async function attemptOf(
  deps: EvaluateDeps,
  tx: VerdictTransaction,
  context: ContextDefinition,
  plan: StagePlan,
  phase: Phase,
  attempts: readonly OpenAttempt[],
): Promise<OpenAttempt | null> {
  if (phase === 'not_started') return null;
  const open = attempts.findLast((attempt) => attempt.stage === plan.id);
  if (open === undefined) return openAttemptIn(tx, deps, SYSTEM, context, plan.id, 'first evaluation');
  if (open.criteriaDigest === criteriaDigest(plan.criteria, sha256Hex)) return open;
  return openAttemptIn(tx, deps, SYSTEM, context, plan.id, 'the criteria were changed');
}

async function judge(
  deps: EvaluateDeps,
  context: ContextDefinition,
  plan: StagePlan,
  phase: Phase,
  attempt: OpenAttempt | null,
  sources: Sources,
  waivers: readonly StoredWaiver[],
  previous: CurrentEvaluation | null,
): Promise<StageVerdict> {
  const nowMs = deps.clock.nowMs();
  const counting = attempt === null ? [] : plan.criteria;
  const loaded = counting.map(async (criterion) => {
    const request = { context, criterion, fromMs: attempt?.startedAtMs ?? nowMs, nowMs };
    return [criterion.id, await loadEvidence(deps.evidence, sources, request)] as const;
  });
  return evaluateStage({
    context: context.id,
    plan,
    phase,
    epoch: attempt === null ? null : epochOf(attempt),
    evidence: new Map(await Promise.all(loaded)),
    waivers: new Map(waivers.filter((w) => w.stage === plan.id).map((w) => [w.criterion, w])),
    previous: previous?.body ?? null,
    nowMs,
    validForMs: 3 * deps.intervalMs,
  });
}

function epochOf(attempt: OpenAttempt): VerdictEpoch {
  return {
    id: attempt.id,
    build: attempt.build,
    criteriaDigest: attempt.criteriaDigest,
    attempt: attempt.number,
    startedAt: new Date(attempt.startedAtMs).toISOString(),
  };
}

async function store(
  deps: EvaluateDeps,
  tx: VerdictTransaction,
  verdict: StageVerdict,
  previous: CurrentEvaluation | null,
): Promise<void> {
  const stored = previous === null ? null : { body: previous.body, evaluatedAtMs: previous.storedAtMs };
  const change = verdictChange(stored, verdict);
  if (!change.store && previous !== null) return tx.putCurrent(previous.verdictId, verdict);

  const verdictId = deps.ids.next();
  await tx.insertVerdict(verdictId, verdict, `sha256:${sha256Hex(canonicalJson(asJson(verdict)))}`);
  await tx.putCurrent(verdictId, verdict);
  if (!change.announce) return;
  await tx.insertOutbox({
    id: `msg_${verdictId}`,
    type: 'gate.verdict.changed',
    payload: changeMessage(verdict, previous?.body ?? null, verdictId),
    createdAtMs: Date.parse(verdict.evaluatedAt),
  });
}

function asJson(verdict: StageVerdict) {
  return { ...verdict, epoch: verdict.epoch && { ...verdict.epoch }, criteria: verdict.criteria.map(criterionJson) };
}

function criterionJson(criterion: StageVerdict['criteria'][number]) {
  const { remaining, failure, waiver } = criterion;
  return {
    ...criterion,
    remaining: remaining && { ...remaining },
    failure: failure ? { ...failure } : null,
    waiver: waiver && { ...waiver },
  };
}

/** The data of a `gate.verdict.changed` message: what changed, why, and each criterion's sentence. */
function changeMessage(verdict: StageVerdict, previous: StageVerdict | null, verdictId: string) {
  return {
    verdictId,
    gate: `${verdict.context}/${verdict.stage}`,
    context: verdict.context,
    stage: verdict.stage,
    phase: verdict.phase,
    verdict: verdict.verdict,
    previous: previous?.verdict ?? null,
    reason: verdict.reason,
    evaluatedAt: verdict.evaluatedAt,
    validUntil: verdict.validUntil,
    epoch: verdict.epoch,
    criteria: verdict.criteria.map(({ id, verdict: word, reason }) => ({ id, verdict: word, reason })),
  };
}
