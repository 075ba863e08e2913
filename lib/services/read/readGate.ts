import { nearestName } from '../../core/consistency/nearestName.ts';
import { BanyanError } from '../../errors.ts';
import type { Principal } from '../../ports/principal.ts';
import { requireRole } from '../requireRole.ts';
import type { LiveStage } from './currentStage.ts';
import type { Reading } from './reading.ts';
import { stagesOf } from './stageRow.ts';

/**
 * The stage that a gate asks about, as it reads now.
 * @throws BanyanError `not_found` where no such stage was ever evaluated.
 */
export async function readGate(
  reading: Reading,
  principal: Principal,
  context: string,
  stage: string,
): Promise<LiveStage> {
  requireRole(principal, 'viewer');
  const rows = await reading.store.currentVerdicts();
  const live = stagesOf(context, rows, reading.clock.nowMs()).find((known) => known.verdict.stage === stage);
  if (live !== undefined && rows.some((row) => row.body.context === context)) return live;
  const gates = rows.map((row) => `${row.body.context}/${row.body.stage}`);
  const near = nearestName(`${context}/${stage}`, gates);
  throw new BanyanError('not_found', `there is no gate ${context}/${stage}`, {
    fix:
      gates.length === 0
        ? 'nothing was evaluated yet: start the worker'
        : `${near === null ? '' : `did you mean ${near}? `}the gates are ${gates.join(', ')}`,
  });
}
