import { BanyanError } from '../../errors.ts';
import type { Principal } from '../../ports/principal.ts';
import { requireRole } from '../requireRole.ts';
import { assertStorable, mappedTable } from './mappedTable.ts';
import type { Reading } from './reading.ts';
import { type DivergenceDiff, withDiff } from './shownDivergence.ts';

/** Which key of which table. */
export interface KeyPlace {
  readonly context: string;
  readonly table: string;
  readonly key: string;
}

/**
 * What is known of one key, its values masked: its open divergence, else the newest that was resolved.
 * @throws BanyanError `not_found` for an unknown table, and for a key of which no divergence is known; `bad_input` for none at all
 */
export async function readDivergence(reading: Reading, principal: Principal, place: KeyPlace): Promise<DivergenceDiff> {
  requireRole(principal, 'viewer');
  assertStorable(place.key);
  const mapped = await mappedTable(reading, place.context, place.table);
  const row = await reading.store.divergence(place.context, place.table, place.key);
  if (row === null) {
    throw new BanyanError(
      'not_found',
      `no divergence of key ${place.key} of ${place.context}/${place.table} is known`,
      {
        fix: 'recheck the key to have it judged now',
      },
    );
  }
  return withDiff(row, mapped);
}
