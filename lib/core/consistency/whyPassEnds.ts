/** What a pass compares, so that all of its ranges are of one thing. */
export interface PassSubject {
  readonly mappingDigest: string;
  /** Names the storage of both tables; null if it was not asked for. */
  readonly incarnation: string | null;
}

/** Why the ranges that were compared before say nothing of the tables as they are now; null if they do. */
export function whyPassEnds(before: PassSubject, now: PassSubject): string | null {
  if (before.mappingDigest !== now.mappingDigest) return 'the mapping has changed since the pass began';
  if (before.incarnation !== now.incarnation) {
    return 'a table was truncated, rewritten or made anew since the pass began';
  }
  return null;
}
