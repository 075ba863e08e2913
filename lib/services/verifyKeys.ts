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
  const options = { reverse, patience, signal };
  let left = keys;
  for (let tried = 0; tried < table.limits.tries && left.length > 0 && !signal.aborted; tried += 1) {
    const looked = left;
    const judged = await lookAtKeys(table, looked, options, (found) => judgeLook(table, looked, reverse, found));
    const again = await judgeWithJumps(table, judged, options);
    for (const each of judged) findings.set(each.key, keyFinding(table, each));
    // What was proved stays so for this pass, however a second look finds the key a moment later. Neighbours are not asked for.
    for (const each of again) if (findings.has(each.key)) findings.set(each.key, keyFinding(table, each));
    left = judged.filter(({ decision }) => decision.retry).map(({ key }) => key);
  }
  return [...findings.values()];
}

/** The way back, while something comes by it. */
export async function activeReverse({ reverse }: VerifiedTable): Promise<FlowWatch | null> {
  return reverse !== null && (await reverse.isActive()) ? reverse : null;
}
