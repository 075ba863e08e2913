import type { ContextDefinition } from '../core/migration/definition.ts';
import type { Principal } from '../ports/principal.ts';
import type { StageDeps } from './openAttempt.ts';
import { waive } from './waive.ts';

/** The configuration file as the author of what it declares: whoever may change it decides. */
const CONFIGURATION: Principal = { id: 'configuration', kind: 'system', roles: ['approver'] };

/** Records the waivers of the configuration that are not recorded yet and have not expired; each is audited. */
export async function applyWaivers(deps: StageDeps, context: ContextDefinition): Promise<void> {
  if (context.waivers.length === 0) return;
  const known = await deps.store.transaction((tx) => tx.waivers(context.id));
  for (const { stage, criterion, reason, expires } of context.waivers) {
    const expiresAtMs = Date.parse(expires);
    if (expiresAtMs <= deps.clock.nowMs()) continue;
    const isKnown = known.some(
      (w) =>
        w.stage === stage &&
        w.criterion === criterion &&
        w.reason === reason &&
        Date.parse(w.expiresAt) === expiresAtMs,
    );
    if (!isKnown) await waive(deps, CONFIGURATION, context, { stage, criterion, reason, expiresAtMs });
  }
}
