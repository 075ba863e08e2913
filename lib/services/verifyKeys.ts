import { messageOf } from '../errors.ts';
import type { KeyFinding } from '../ports/verifyStore.ts';
import type { FlowWatch } from './flowWatch.ts';
import { judgeLook } from './keyEvidence.ts';
import { keyFinding } from './keyFinding.ts';
import { lookAtKeys, type Patience } from './lookAtKeys.ts';
import { judgeWithJumps } from './offsetJumps.ts';
import type { VerifiedTable } from './verifiedTable.ts';

export type { Patience };

/**
 * Looks at keys until each is settled or was looked at often enough; one finding a key. Every caller that judges keys
 * comes here: sweeps, rechecks, the command line. What the verdicts rest on is in core/consistency/rule.ts.
 * @throws BanyanError of a database or broker that can't be read
 */
export async function verifyKeys(
  table: VerifiedTable,
  keys: readonly string[],
  patience: Patience,
  signal: AbortSignal,
): Promise<readonly KeyFinding[]> {
  const findings = new Map<string, KeyFinding>();
  const reverse = await activeReverse(table);
  let left = keys;
  for (let tried = 0; tried < table.limits.tries && left.length > 0 && !signal.aborted; tried += 1) {
    const looked = left;
    const judged = await lookAtKeys(table, looked, reverse, patience, signal, (found) =>
      judgeLook(table, looked, reverse, found),
    );
    const again = await judgeWithJumps(table, judged, reverse, patience, signal);
    for (const each of judged) findings.set(each.key, keyFinding(table, each));
    // What was proved stays so for this pass, however a second look finds the key a moment later.
    for (const each of again) if (each.decision.verdict === 'DIVERGED') findings.set(each.key, keyFinding(table, each));
    left = judged.filter(({ decision }) => decision.retry).map(({ key }) => key);
  }
  return [...findings.values()];
}

/**
 * Looks at both sides and at no key: what is noted of them tells the leg of the very first change that goes wrong. One
 * that fails is left out, for every later look notes the same.
 */
export async function lookFirst(table: VerifiedTable, signal: AbortSignal): Promise<void> {
  const atOnce = { captureMs: 0, applyMs: 0 };
  try {
    await lookAtKeys(table, [], await activeReverse(table), atOnce, signal, async () => undefined);
  } catch (error) {
    table.logger.debug({ table: table.table, err: messageOf(error) }, 'the first look at both sides failed');
  }
}

/** The way back, while something comes by it. */
export async function activeReverse({ reverse }: VerifiedTable): Promise<FlowWatch | null> {
  return reverse !== null && (await reverse.isActive()) ? reverse : null;
}
