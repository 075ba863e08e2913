import type { ContextDefinition } from '../core/migration/definition.ts';
import { criteriaDigest } from '../core/verdict/criteriaDigest.ts';
import { phaseOf } from '../core/verdict/phaseOf.ts';
import { stagePlanOf } from '../core/verdict/plan.ts';
import type { StageId } from '../core/verdict/verdict.ts';
import { BanyanError } from '../errors.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { Principal } from '../ports/principal.ts';
import type { OpenAttempt, VerdictStore, VerdictTransaction } from '../ports/verdictStore.ts';
import { appendAudit } from './appendAudit.ts';
import { requireRole } from './requireRole.ts';
import { sha256Hex } from './sha256Hex.ts';

/** Evidence is kept in buckets of this length, so an epoch begins at the border of one. */
const BUCKET_MS = 10_000;

export interface StageDeps {
  readonly store: VerdictStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/**
 * Ends the stage's epoch and opens the next one with no evidence in it, from the next ten-second border on; audited.
 * @throws BanyanError `forbidden`, `bad_input` without a reason, `conflict` for a stage that has not started
 */
export async function openAttempt(
  deps: StageDeps,
  principal: Principal,
  context: ContextDefinition,
  stage: StageId,
  reason: string,
): Promise<OpenAttempt> {
  requireRole(principal, 'operator', 'approver');
  const text = reason.trim();
  if (text === '') {
    throw new BanyanError('bad_input', 'a new attempt needs a reason', { fix: 'say what has changed since the last' });
  }
  return deps.store.transaction(async (tx) => {
    await tx.lockContext(context.id);
    if (phaseOf(await tx.phases(context.id), stage) === 'not_started') {
      throw new BanyanError('conflict', `stage ${context.id}/${stage} has not started, so it has no attempt to renew`, {
        fix: `move ${context.id} to ${stage} first`,
      });
    }
    return openAttemptIn(tx, deps, principal, context, stage, text);
  });
}

/** The same within a transaction that holds the context's lock. */
export async function openAttemptIn(
  tx: VerdictTransaction,
  deps: Pick<StageDeps, 'clock' | 'ids'>,
  principal: Principal,
  context: ContextDefinition,
  stage: StageId,
  reason: string,
): Promise<OpenAttempt> {
  const nowMs = deps.clock.nowMs();
  for (const open of await tx.openAttempts(context.id)) {
    if (open.stage === stage) await tx.endAttempt(open.id, nowMs);
  }
  const attempt: OpenAttempt = {
    id: deps.ids.next(),
    context: context.id,
    stage,
    number: (await tx.lastAttemptNumber(context.id, stage)) + 1,
    // The bucket that is filling now holds evidence from before, so it does not count.
    startedAtMs: Math.ceil(nowMs / BUCKET_MS) * BUCKET_MS,
    reason,
    openedBy: principal.id,
    criteriaDigest: criteriaDigest(stagePlanOf(context, stage).criteria, sha256Hex),
    build: null,
  };
  await tx.insertAttempt(attempt);
  await appendAudit(
    tx,
    {
      principal: principal.id,
      action: 'attempt.open',
      subject: `${context.id}/${stage}`,
      detail: { attempt: attempt.number, reason, criteriaDigest: attempt.criteriaDigest },
    },
    nowMs,
  );
  return attempt;
}
