import { nearestName } from '../../core/consistency/nearestName.ts';
import { BanyanError } from '../../errors.ts';
import type { ContextView } from '../../ports/readStore.ts';
import { contextsOf } from './readBoard.ts';
import type { Reading } from './reading.ts';

/**
 * A mapped table of the configuration.
 * @throws BanyanError `not_found` for an unknown context or table, naming those there are
 */
export async function mappedTable(
  { store }: Reading,
  context: string,
  table: string,
): Promise<ContextView['tables'][number]> {
  const contexts = contextsOf(await store.migration(), []);
  const found = contexts.find(({ id }) => id === context);
  if (found === undefined) {
    throw unknown(`there is no context ${context}`, context, 'contexts', contexts);
  }
  const mapped = found.tables.find(({ id }) => id === table);
  if (mapped === undefined) {
    throw unknown(`context ${context} has no table ${table}`, table, 'tables', found.tables);
  }
  return mapped;
}

function unknown(message: string, name: string, kind: string, known: readonly { id: string }[]): BanyanError {
  const ids = known.map(({ id }) => id);
  const near = nearestName(name, ids);
  return new BanyanError('not_found', near === null ? message : `${message}: did you mean ${near}?`, {
    fix: ids.length === 0 ? 'start the worker once: it stores the configuration' : `the ${kind} are ${ids.join(', ')}`,
  });
}
