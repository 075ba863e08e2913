import type { ContextDefinition } from '../../core/migration/definition.ts';
import { BanyanError } from '../../errors.ts';
import type { Principal } from '../../ports/principal.ts';
import { requireRole } from '../requireRole.ts';
import type { Reading } from './reading.ts';

/**
 * A context with its plan, as the worker runs it.
 * @throws BanyanError `not_found` naming the contexts there are
 */
export async function readContextDefinition(
  { store }: Reading,
  principal: Principal,
  id: string,
): Promise<ContextDefinition> {
  requireRole(principal, 'viewer');
  const found = await store.contextDefinition(id);
  if (found !== null) return found;
  const known = (await store.migration())?.contexts.map((context) => context.id) ?? [];
  throw new BanyanError('not_found', `there is no context ${id}`, {
    fix:
      known.length === 0
        ? 'start the worker once: it stores the configuration'
        : `the contexts are ${known.join(', ')}`,
  });
}
