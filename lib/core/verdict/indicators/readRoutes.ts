import type { ContextDefinition } from '../../migration/definition.ts';

/** Ids of the context's read routes. */
export function readRoutes(context: ContextDefinition): readonly string[] {
  return context.routes.filter((route) => route.kind === 'read').map((route) => route.id);
}
