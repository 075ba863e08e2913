import { keyValues } from '../core/consistency/keyText.ts';
import { BanyanError } from '../errors.ts';
import type { Principal } from '../ports/principal.ts';
import { appendAudit } from './appendAudit.ts';
import type { StageDeps } from './openAttempt.ts';
import { assertStorable, mappedTable } from './read/mappedTable.ts';
import type { Reading } from './read/reading.ts';
import { RECHECK, RECHECK_KEYS, type RecheckInput } from './recheckCommand.ts';
import { requireRole } from './requireRole.ts';

export interface RecheckRequest extends RecheckInput {
  /** The same for the same wish, so that a repeat of the request asks once; null if the caller has none. */
  readonly idempotencyKey: string | null;
}

/**
 * Asks the worker to judge keys now; audited. The worker stores the findings, and what it found as the command's result.
 * @returns the command's id
 * @throws BanyanError `forbidden`; `not_found` for an unknown context or table; `bad_input` for keys that are none of it
 */
export async function askRecheck(
  reading: Reading,
  deps: StageDeps,
  principal: Principal,
  { context, table, keys, idempotencyKey }: RecheckRequest,
): Promise<string> {
  requireRole(principal, 'operator', 'approver');
  const mapped = await mappedTable(reading, context, table);
  const wanted = [...new Set(keys)];
  if (wanted.length === 0 || wanted.length > RECHECK_KEYS) {
    throw new BanyanError('bad_input', `${wanted.length} keys: a recheck takes 1 to ${RECHECK_KEYS}`);
  }
  for (const key of wanted) assertKey(key, mapped.key);
  const nowMs = deps.clock.nowMs();
  const id = deps.ids.next();
  const input: RecheckInput = { context, table, keys: wanted };
  return deps.store.transaction(async (tx) => {
    const idempotent = idempotencyKey === null ? id : `${principal.id} ${RECHECK} ${idempotencyKey}`;
    const kept = await tx.insertCommand(
      { id, kind: RECHECK, input, principal: principal.id, idempotencyKey: idempotent },
      nowMs,
    );
    if (kept === id) {
      await appendAudit(
        tx,
        {
          principal: principal.id,
          action: 'rows.recheck',
          subject: `${context}/${table}`,
          detail: { command: id, keys: wanted },
        },
        nowMs,
      );
    }
    return kept;
  });
}

function assertKey(key: string, columns: readonly string[]): void {
  assertStorable(key);
  try {
    keyValues(key, columns.length);
  } catch (error) {
    throw new BanyanError('bad_input', `${key} is not a key of the columns ${columns.join(', ')}`, {
      cause: error,
      fix: `write it as a JSON array of ${columns.length} texts, as the list of divergences does`,
    });
  }
}
