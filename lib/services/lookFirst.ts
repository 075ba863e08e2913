import { messageOf } from '../errors.ts';
import type { ContinuousStore } from '../ports/continuousStore.ts';
import { lookAtKeys } from './lookAtKeys.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import { activeReverse } from './verifyKeys.ts';

/**
 * Takes up what was seen before a restart, and looks at both sides, though at no key: both tell the leg of the very first
 * change that goes wrong. What fails is left out, for every later look notes the same.
 */
export async function lookFirst(table: VerifiedTable, store: ContinuousStore, signal: AbortSignal): Promise<void> {
  const { forward, reverse } = table;
  const patience = { captureMs: 0, applyMs: 0 };
  try {
    for (const { topic, looks } of reverse === null ? [forward] : [forward, reverse]) {
      looks.restore(await store.looks(table, topic));
    }
    await lookAtKeys(table, [], { reverse: await activeReverse(table), patience, signal }, async () => undefined);
  } catch (error) {
    table.logger.debug({ table: table.table, err: messageOf(error) }, 'the first look at both sides failed');
  }
}
