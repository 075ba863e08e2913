// A table's key space is walked in half-open ranges [lo, hi) from minus to plus infinity, with the same bounds on both
// sides: a row that exists on one side only, below the other's first key or above its last, is always inside a range.

/** A bound between keys: column texts in key order; null is the infinity of its end. */
export type KeyBound = readonly string[] | null;

/** Keys k with lo <= k < hi, in the order of the key's type (text under COLLATE "C"). */
export interface KeyRange {
  readonly lo: KeyBound;
  readonly hi: KeyBound;
}

/** Every key. */
export const WHOLE_RANGE: KeyRange = { lo: null, hi: null };

/** Cuts a range at the bounds given, ascending and inside it: n bounds give n + 1 adjoining ranges. */
export function cutRange(range: KeyRange, bounds: readonly (readonly string[])[]): readonly KeyRange[] {
  const edges: readonly KeyBound[] = [range.lo, ...bounds, range.hi];
  return edges.slice(1).map((hi, i) => ({ lo: edges[i] ?? null, hi }));
}
