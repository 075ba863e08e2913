import type { CanaryResult } from '../core/consistency/selfTest.ts';
import type { SelfTestRound } from '../ports/selfTestStore.ts';

/** The canaries of a round that were made wrong, with the time that it took to name each. */
export function canaryResults({ canaries, corruptedAtMs }: SelfTestRound): readonly CanaryResult[] {
  if (corruptedAtMs === null) return [];
  return canaries.map(({ key, change, columns, found }) => ({
    key,
    change,
    columns,
    found: found === null ? null : { ...found, afterMs: Math.max(0, found.atMs - corruptedAtMs) },
  }));
}
