import type { ContextDefinition } from '../core/migration/definition.ts';
import { type Phase, STAGE_IDS, type StageId } from '../core/verdict/verdict.ts';
import type { Principal } from '../ports/principal.ts';
import { appendAudit } from './appendAudit.ts';
import { openAttemptIn, type StageDeps } from './openAttempt.ts';
import { requireRole } from './requireRole.ts';

export interface MovedStage {
  readonly context: string;
  readonly stage: StageId;
  /** False if it was the current stage already: nothing was changed then. */
  readonly changed: boolean;
}

/**
 * Makes a stage the current one: those before it are done, those after it have not started. It begins with a new attempt;
 * done stages keep theirs. Audited, with the reason where one is given. To the current stage it changes nothing.
 * @throws BanyanError `forbidden`
 */
export async function moveStage(
  deps: StageDeps,
  principal: Principal,
  context: ContextDefinition,
  stage: StageId,
  reason?: string,
): Promise<MovedStage> {
  requireRole(principal, 'operator', 'approver');
  return deps.store.transaction(async (tx) => {
    await tx.lockContext(context.id);
    const before = await tx.phases(context.id);
    if (before.get(stage) === 'current') return { context: context.id, stage, changed: false };

    const nowMs = deps.clock.nowMs();
    const from = STAGE_IDS.find((id) => before.get(id) === 'current') ?? null;
    for (const id of STAGE_IDS) {
      const phase = phaseBeside(id, stage);
      if (before.get(id) !== phase) await tx.setPhase(context.id, id, phase, principal.id, nowMs);
    }
    for (const open of await tx.openAttempts(context.id)) {
      if (phaseBeside(open.stage, stage) === 'not_started') await tx.endAttempt(open.id, nowMs);
    }
    const said = reason?.trim() ?? '';
    const detail = { from, to: stage, ...(said === '' ? {} : { reason: said }) };
    await appendAudit(tx, { principal: principal.id, action: 'stage.move', subject: context.id, detail }, nowMs);
    const why = said === '' ? `moved to ${stage}` : `moved to ${stage}: ${said}`;
    await openAttemptIn(tx, deps, principal, context, stage, why);
    return { context: context.id, stage, changed: true };
  });
}

function phaseBeside(id: StageId, current: StageId): Phase {
  const distance = STAGE_IDS.indexOf(id) - STAGE_IDS.indexOf(current);
  if (distance === 0) return 'current';
  return distance < 0 ? 'done' : 'not_started';
}
