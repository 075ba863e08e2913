import type { PartValue } from '../core/invariant/invariantTotal.ts';

/** An invariant of a context, as it is defined now. */
export interface InvariantTarget {
  readonly context: string;
  readonly invariant: string;
  /** Digest of what is asked: figures of another definition say nothing. */
  readonly definition: string;
}

/** What one check found. */
export type InvariantFound =
  /** Every part was read at one cut. */
  | { readonly state: 'settled'; readonly total: string; readonly parts: readonly PartValue[] }
  /** No cut was found: changes were under way in every read. */
  | { readonly state: 'pending'; readonly detail: string }
  /** It could not be read. */
  | { readonly state: 'failed'; readonly detail: string };

/** Keeps what checks of invariants found; rows are added and never changed. */
export interface InvariantStore {
  append(target: InvariantTarget, found: InvariantFound, atMs: number): Promise<void>;
  /** True if any worker has checked it at or after this moment. */
  checkedSince(target: InvariantTarget, atMs: number): Promise<boolean>;
}
