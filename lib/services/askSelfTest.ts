import { BanyanError } from '../errors.ts';
import type { Principal } from '../ports/principal.ts';
import { appendAudit } from './appendAudit.ts';
import type { StageDeps } from './openAttempt.ts';
import { readContextDefinition } from './read/readContextDefinition.ts';
import type { Reading } from './read/reading.ts';
import { requireRole } from './requireRole.ts';

/** What to write into the configuration to consent. */
export const SELF_TEST_CONSENT =
  'name canaries under contexts[].selfTest in banyan.yaml: a table, keys, and a connection that may write them';

/**
 * Asks the worker for a round of the self-test; audited.
 * @returns the round's id
 * @throws BanyanError `forbidden` without the configuration's consent; `conflict` while a round is open; `not_found` for
 *   an unknown context
 */
export async function askSelfTest(
  reading: Reading,
  deps: StageDeps,
  principal: Principal,
  context: string,
): Promise<string> {
  requireRole(principal, 'operator', 'approver');
  const { selfTest } = await readContextDefinition(reading, principal, context);
  if (selfTest === undefined) {
    throw new BanyanError('forbidden', `the configuration does not consent to a self-test of ${context}`, {
      fix: SELF_TEST_CONSENT,
    });
  }
  const id = deps.ids.next();
  const nowMs = deps.clock.nowMs();
  const { table } = selfTest;
  await deps.store.transaction(async (tx) => {
    if (!(await tx.insertSelfTest({ id, context, table, askedBy: principal.id, askedAtMs: nowMs }))) {
      throw new BanyanError('conflict', `a round of the self-test of ${context} is open already`, {
        fix: 'wait for its end',
      });
    }
    await appendAudit(
      tx,
      { principal: principal.id, action: 'self_test.ask', subject: `${context}/${table}`, detail: { selfTest: id } },
      nowMs,
    );
  });
  return id;
}
