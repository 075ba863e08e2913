import type { ContextDefinition } from '../core/migration/definition.ts';
import type { Principal } from '../ports/principal.ts';
import type { StoredWaiver } from '../ports/verdictStore.ts';
import { appendAudit } from './appendAudit.ts';
import type { StageDeps } from './openAttempt.ts';
import { requireRole } from './requireRole.ts';

/**
 * Ends a waiver now: a newer one that has expired already takes its place, so the history stays; audited.
 * @throws BanyanError `forbidden`
 */
export async function revokeWaiver(
  deps: StageDeps,
  principal: Principal,
  context: ContextDefinition,
  { stage, criterion, reason, expiresAt }: StoredWaiver,
): Promise<void> {
  if (principal.kind !== 'system') requireRole(principal, 'approver');
  const nowMs = deps.clock.nowMs();
  const ended = { id: deps.ids.next(), stage, criterion, reason, by: principal.id };
  await deps.store.transaction(async (tx) => {
    await tx.lockContext(context.id);
    await tx.insertWaiver(context.id, { ...ended, expiresAt: new Date(nowMs).toISOString() }, nowMs);
    await appendAudit(
      tx,
      {
        principal: principal.id,
        action: 'criterion.unwaive',
        subject: `${context.id}/${stage}/${criterion}`,
        detail: { reason, wouldHaveExpiredAt: expiresAt },
      },
      nowMs,
    );
  });
}
