import type { HeldEvent } from './heldEvent.ts';
import type { DivergenceKind, Row } from './row.ts';
import type { Leg, RowVerdict } from './rowVerdict.ts';

/** What gave the expected value: the source row as it was read, or a later event that the applier has passed. */
export type ExpectedFrom =
  | { readonly kind: 'source' }
  | { readonly kind: 'event'; readonly part: number; readonly offset: bigint };

/** What a DIVERGED key should hold, and where it went wrong. */
export interface Divergence {
  /** What a right applier holds at its own position. */
  readonly expected: Row;
  readonly expectedFrom: ExpectedFrom;
  /** The first event that was not applied as it stands; null where it can't be told. */
  readonly firstBadOffset: bigint | null;
}

/** The verdict on one key. */
export interface KeyDecision {
  readonly verdict: RowVerdict;
  /** One sentence. */
  readonly reason: string;
  /** True if new evidence may settle it within moments: a change is under way. */
  readonly retry: boolean;
  /** Of a DIVERGED key; else null. */
  readonly divergence: Divergence | null;
  readonly kind: DivergenceKind | null;
  readonly leg: Leg;
  readonly columns: readonly string[];
  /** The newest event that the source's reader sees, where the evidence got that far. */
  readonly lastVisible: HeldEvent | null;
  /** True if that event does not hold the source row: an event was lost or altered before Kafka, even if a later one mended the target. */
  readonly captureDiverged: boolean;
}
