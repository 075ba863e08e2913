import type { ConfiguredWaiver, ContextDefinition } from '../core/migration/definition.ts';
import { messageOf } from '../errors.ts';
import type { Principal } from '../ports/principal.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';
import type { StageDeps } from './openAttempt.ts';
import { revokeWaiver } from './revokeWaiver.ts';
import { waive } from './waive.ts';

/** The configuration file as the author of what it declares: whoever may change it decides. */
const CONFIGURATION: Principal = { id: 'configuration', kind: 'system', roles: ['approver'] };

/**
 * Brings each context's waivers in line with the configuration, and says of each context whether that is done. One
 * that fails is tried again at the next call, and holds up neither the others nor the caller.
 */
export function waiverKeeper(
  deps: StageDeps & { readonly status: StatusBoard },
  contexts: readonly ContextDefinition[],
): () => Promise<void> {
  const applied = new Set<string>();
  return async () => {
    for (const context of contexts) {
      const part = `waivers:${context.id}`;
      try {
        if (!applied.has(context.id)) await applyWaivers(deps, context);
        applied.add(context.id);
        const detail = `the waivers of the configuration are applied (${context.waivers.length})`;
        deps.status.report({ part, state: 'ok', detail });
      } catch (error) {
        deps.status.report({
          part,
          state: 'degraded',
          detail: `the waivers of the configuration could not be applied: ${messageOf(error)}`,
          fix: `correct the waivers of ${context.id} in banyan.yaml, or see the part "store"`,
        });
      }
    }
  };
}

/**
 * Records the waivers of the configuration that are not recorded yet and have not expired, and revokes those that it
 * declared before and declares no more; each is audited.
 */
export async function applyWaivers(deps: StageDeps, context: ContextDefinition): Promise<void> {
  const known = await deps.store.transaction((tx) => tx.waivers(context.id));
  const declared = lastingOf(context.waivers, deps.clock.nowMs());
  for (const waiver of known) {
    const isActive = waiver.by === CONFIGURATION.id && Date.parse(waiver.expiresAt) > deps.clock.nowMs();
    if (isActive && !declared.some((d) => isOfOneCriterion(d, waiver))) {
      await revokeWaiver(deps, CONFIGURATION, context, waiver);
    }
  }
  for (const { stage, criterion, reason, expires } of declared) {
    const expiresAtMs = Date.parse(expires);
    const isKnown = known.some(
      (w) =>
        isOfOneCriterion(w, { stage, criterion }) &&
        w.reason === reason.trim() &&
        Date.parse(w.expiresAt) === expiresAtMs,
    );
    if (!isKnown) await waive(deps, CONFIGURATION, context, { stage, criterion, reason, expiresAtMs });
  }
}

type OfCriterion = Pick<ConfiguredWaiver, 'stage' | 'criterion'>;
const isOfOneCriterion = (a: OfCriterion, b: OfCriterion): boolean =>
  a.stage === b.stage && a.criterion === b.criterion;

/** Of each criterion the waiver that lasts longest, those that have expired left out: a criterion has one waiver. */
function lastingOf(waivers: readonly ConfiguredWaiver[], nowMs: number): readonly ConfiguredWaiver[] {
  const latestFirst = waivers
    .filter((waiver) => Date.parse(waiver.expires) > nowMs)
    .toSorted((a, b) => Date.parse(b.expires) - Date.parse(a.expires));
  return latestFirst.filter((waiver, index) => latestFirst.findIndex((w) => isOfOneCriterion(w, waiver)) === index);
}
