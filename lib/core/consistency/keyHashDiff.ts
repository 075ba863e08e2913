/** One row of a listed range: its key and the hash of its compared values. */
export interface KeyHash {
  readonly key: string;
  /** Digits or hex digits. */
  readonly hash: string;
}

/** Keys whose rows differ between two listings: another hash, a row on one side only, or another number of copies. */
export function differingKeys(source: readonly KeyHash[], target: readonly KeyHash[]): readonly string[] {
  const left = hashesByKey(source);
  const right = hashesByKey(target);
  const differing: string[] = [];
  for (const [key, hashes] of left) {
    const others = right.get(key);
    if (hashes !== others && (others === undefined || sorted(hashes) !== sorted(others))) differing.push(key);
  }
  for (const key of right.keys()) if (!left.has(key)) differing.push(key);
  return differing;
}

/** The hashes of a key's rows as one text: a listing is long, and its keys are seldom repeated. */
function hashesByKey(rows: readonly KeyHash[]): ReadonlyMap<string, string> {
  const byKey = new Map<string, string>();
  for (const { key, hash } of rows) {
    const before = byKey.get(key);
    byKey.set(key, before === undefined ? hash : `${before},${hash}`);
  }
  return byKey;
}

const sorted = (hashes: string) => hashes.split(',').toSorted().join();
