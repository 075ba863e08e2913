/** One row of a listed range: its key and the hash of its compared values. */
export interface KeyHash {
  readonly key: string;
  readonly hash: string;
}

/** Keys whose rows differ between two listings: another hash, a row on one side only, or another number of copies. */
export function differingKeys(source: readonly KeyHash[], target: readonly KeyHash[]): readonly string[] {
  const hashesOf = (rows: readonly KeyHash[]) => {
    const byKey = new Map<string, string[]>();
    for (const { key, hash } of rows) {
      const hashes = byKey.get(key);
      if (hashes === undefined) byKey.set(key, [hash]);
      else hashes.push(hash);
    }
    return byKey;
  };
  const left = hashesOf(source);
  const right = hashesOf(target);
  const same = (a: readonly string[], b: readonly string[] | undefined) =>
    b !== undefined && a.length === b.length && a.toSorted().join() === b.toSorted().join();
  const differing: string[] = [];
  for (const [key, hashes] of left) if (!same(hashes, right.get(key))) differing.push(key);
  for (const key of right.keys()) if (!left.has(key)) differing.push(key);
  return differing;
}
