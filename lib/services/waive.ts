import type { ContextDefinition } from '../core/migration/definition.ts';
import { stagePlanOf } from '../core/verdict/plan.ts';
import type { StageId } from '../core/verdict/verdict.ts';
import { BanyanError } from '../errors.ts';
import type { Principal } from '../ports/principal.ts';
import type { StoredWaiver } from '../ports/verdictStore.ts';
import { appendAudit } from './appendAudit.ts';
import type { StageDeps } from './openAttempt.ts';
import { requireRole } from './requireRole.ts';

export interface WaiverRequest {
  readonly stage: StageId;
  readonly criterion: string;
  readonly reason: string;
  readonly expiresAtMs: number;
}

/**
 * Sets a criterion aside until a time, with a reason that every reader shows; audited.
 * @throws BanyanError `forbidden`, `not_found` for an unknown criterion, `bad_input` without reason or future expiry
 */
export async function waive(
  deps: StageDeps,
  principal: Principal,
  context: ContextDefinition,
  request: WaiverRequest,
): Promise<StoredWaiver> {
  // Banyan itself may waive what the demo asks it to; a person needs the approver's role.
  if (principal.kind !== 'system') requireRole(principal, 'approver');
  const { stage, criterion, expiresAtMs } = request;
  const known = stagePlanOf(context, stage).criteria.map((c) => c.id);
  if (!known.includes(criterion)) {
    throw new BanyanError('not_found', `stage ${context.id}/${stage} has no criterion ${criterion}`, {
      fix: `take one of ${known.join(', ')}`,
    });
  }
  const reason = request.reason.trim();
  if (reason === '') throw new BanyanError('bad_input', 'a waiver needs a reason');
  const nowMs = deps.clock.nowMs();
  if (!(expiresAtMs > nowMs)) throw new BanyanError('bad_input', 'a waiver must expire in the future');

  const expiresAt = new Date(expiresAtMs).toISOString();
  const waiver: StoredWaiver = { id: deps.ids.next(), stage, criterion, reason, by: principal.id, expiresAt };
  await deps.store.transaction(async (tx) => {
    await tx.lockContext(context.id);
    await tx.insertWaiver(context.id, waiver, nowMs);
    await appendAudit(
      tx,
      {
        principal: principal.id,
        action: 'criterion.waive',
        subject: `${context.id}/${stage}/${criterion}`,
        detail: { reason, expiresAt },
      },
      nowMs,
    );
  });
  return waiver;
}
