import { nearestName } from '../../core/consistency/nearestName.ts';
import { BanyanError } from '../../errors.ts';
import { contextsOf } from './readBoard.ts';
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
