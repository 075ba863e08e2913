import { nearestName } from '../../core/consistency/nearestName.ts';
import { BanyanError } from '../../errors.ts';
import { contextsOf } from './readContexts.ts';
import type { Reading } from './reading.ts';
import type { MappedTable } from './shownDivergence.ts';

/**
 * A mapped table of the configuration.
 * @throws BanyanError `not_found` for an unknown context or table, naming those there are
 */
export async function mappedTable({ store }: Reading, context: string, table: string): Promise<MappedTable> {
  const found = findNamed(contextsOf(await store.migration(), []), context, 'contexts');
  return findNamed(found.tables, table, `tables of ${context}`);
}

/**
 * The one of that id.
 * @param kind what they are, in the plural
 * @throws BanyanError `not_found` naming those there are, and the one that is most like it
 */
export function findNamed<T extends { readonly id: string }>(all: readonly T[], id: string, kind: string): T {
  const found = all.find((one) => one.id === id);
  if (found !== undefined) return found;
  const ids = all.map((one) => one.id);
  const near = nearestName(id, ids);
  const message = `${id} is not among the ${kind}`;
  throw new BanyanError('not_found', near === null ? message : `${message}: did you mean ${near}?`, {
    fix: ids.length === 0 ? 'start the worker once: it stores the configuration' : `the ${kind} are ${ids.join(', ')}`,
  });
}

/**
 * Refuses a key that no row can have, before it reaches a database.
 * @throws BanyanError `bad_input` for a key with a NUL, which PostgreSQL's texts can't hold
 */
export function assertStorable(key: string): void {
  // In a key of several columns a NUL is written as JSON writes it.
  if (!key.includes('\0') && !/(^|[^\\])(\\\\)*\\u0000/.test(key)) return;
  throw new BanyanError('bad_input', 'a key holds a NUL, which no text of PostgreSQL does', {
    fix: 'write the key as the list of divergences does',
  });
}
