// Changed keys by looks that cost little where all is well, which it mostly is: one at hashes of the rows, and one at
// values for the keys that hashes leave open.
import { coveredBy, type Positions } from './flowFound.ts';
import type { JudgedKey } from './judgedKey.ts';
import { judgeByHashes, judgeLook } from './keyEvidence.ts';
import { type LookedAt, type LookOptions, lookAtHashes, lookAtKeys } from './lookAtKeys.ts';
import { judgeWithJumps } from './offsetJumps.ts';
import type { VerifiedTable } from './verifiedTable.ts';

/**
 * Takes a verdict with the positions that it covers, there and back, while the windows hold the events of its look; null
 * where hashes tell that the key has to wait, and nothing that could be shown of it was read.
 */
type Settle = (judged: JudgedKey, covered: readonly Positions[] | null) => void;

/**
 * Judges each key and hands it to `settle` once. Gives what is to be told anew, in the light of a jump of the applier's
 * position.
 * @throws BanyanError of a database or broker that can't be read; some keys may have been settled by then
 */
export async function judgeChanges(
  table: VerifiedTable,
  keys: readonly string[],
  options: LookOptions & { readonly byHashesFirst: boolean },
  settle: Settle,
): Promise<readonly JudgedKey[]> {
  const left = options.byHashesFirst ? await leftByHashes(table, keys, options, settle) : keys;
  if (left.length === 0) return [];
  const judged = await lookAtKeys(table, left, options, async (found) =>
    settled(await judgeLook(table, left, options.reverse, found), found, settle),
  );
  return judgeWithJumps(table, judged, options);
}

/** Settles what hashes tell, which is that a key is CLEAN or has to wait, and gives the keys that are left. */
async function leftByHashes(
  table: VerifiedTable,
  keys: readonly string[],
  options: LookOptions,
  settle: Settle,
): Promise<readonly string[]> {
  // A wait of its own: what it waits for in vain concerns keys that are settled by it.
  const own = { ...options, patience: { ...options.patience } };
  const judged = await lookAtHashes(table, keys, own, (found) =>
    settled(judgeByHashes(table, keys, options.reverse, found), found, (each, covered) =>
      settle(each, each.decision.verdict === 'CLEAN' ? covered : null),
    ),
  );
  if (judged.length === keys.length) return [];
  const names = new Set(judged.map(({ key }) => key));
  return keys.filter((key) => !names.has(key));
}

function settled(judged: readonly JudgedKey[], found: LookedAt, settle: Settle): readonly JudgedKey[] {
  const covered = [coveredBy(found.forward.applied), coveredBy(found.reverse?.applied ?? null)];
  for (const each of judged) settle(each, covered);
  return judged;
}
