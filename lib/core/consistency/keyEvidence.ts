import type { FlowEvidence } from './flowEvidence.ts';
import type { Row } from './row.ts';

/** Who owns a key, and in which epoch; the epoch's text changes with each hand-over. */
export interface Ownership {
  readonly epoch: string;
  readonly owner: 'source' | 'target';
}

/**
 * What `judgeKey` decides from. Where the target side owns the key, the two sides are handed over swapped: `source` is
 * always the owner's row, read first, and `target` the follower's.
 */
export interface KeyEvidence {
  readonly source: Row;
  readonly target: Row;
  readonly columns: readonly string[];
  readonly forward: FlowEvidence;
  /**
   * The target's own changes: its snapshot is that of the target's row, its fence was taken after that read. Its
   * position is the source's applier's, read with the source row, or `none` where the way back is only watched.
   */
  readonly reverse: FlowEvidence | null;
  /** Ownership as each read saw it, in the snapshot of its row; null where it does not change hands. */
  readonly ownership: { readonly atSource: Ownership; readonly atTarget: Ownership } | null;
  /** The transaction that wrote the source's row (its `xmin`), 32 or 64 bits; null where there is no row or it was not read. */
  readonly sourceRowTxId: bigint | null;
  /** The transaction that wrote the target's row (its `xmin`), 32 or 64 bits; null where there is no row or it was not read. */
  readonly targetRowTxId: bigint | null;
  /** A position standing still this long with events of the key waiting is STALLED. */
  readonly stalledAfterMs: number;
}
