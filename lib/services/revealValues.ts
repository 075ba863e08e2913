import { columnsOf, type KeptRows, unmaskedRows } from '../core/consistency/rowDiff.ts';
import { BanyanError } from '../errors.ts';
import type { Principal } from '../ports/principal.ts';
import { appendAudit } from './appendAudit.ts';
import type { StageDeps } from './openAttempt.ts';
import { assertStorable, mappedTable } from './read/mappedTable.ts';
import type { KeyPlace } from './read/readDivergence.ts';
import type { Reading } from './read/reading.ts';
import { hiddenOf } from './read/shownDivergence.ts';
import { requireRole } from './requireRole.ts';

export interface RevealRequest extends KeyPlace {
  /** Columns to show; null: all that are kept. */
  readonly columns: readonly string[] | null;
}

export type RevealedValues = Omit<KeptRows, 'columns'>;

/**
 * Shows values of one key's rows as the verifier saw them; audited with the names of the columns, never with the values.
 * Values of a column that the configuration hides are shown to nobody.
 * @throws BanyanError `forbidden`, `not_found`, `bad_input` for a column that the rows do not have, or that is hidden
 */
export async function revealValues(
  reading: Reading,
  { store, clock }: Pick<StageDeps, 'store' | 'clock'>,
  principal: Principal,
  { context, table, key, columns }: RevealRequest,
): Promise<RevealedValues> {
  requireRole(principal, 'operator', 'approver');
  assertStorable(key);
  const mapped = await mappedTable(reading, context, table);
  const row = await reading.store.divergence(context, table, key);
  if (row === null) throw new BanyanError('not_found', `no divergence of key ${key} of ${context}/${table} is known`);
  // A column may have been hidden only after its values were kept.
  const hidden = hiddenOf(mapped.columns);
  const known = columnsOf(row.detail).filter((column) => !hidden.has(column));
  const unheard = (columns ?? []).filter((column) => !known.includes(column));
  if (unheard.length > 0) {
    throw new BanyanError('bad_input', `${context}/${table} keeps no values of ${unheard.join(', ')}`, {
      fix: `the columns are ${known.join(', ')}`,
    });
  }
  const shown = columns ?? known;
  await store.transaction((tx) =>
    appendAudit(
      tx,
      {
        principal: principal.id,
        action: 'values.reveal',
        subject: `${context}/${table}`,
        detail: { key, columns: [...shown] },
      },
      clock.nowMs(),
    ),
  );
  return unmaskedRows({ ...row.detail, columns: row.columns }, shown);
}
