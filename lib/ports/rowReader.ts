import type { KeyHash } from '../core/consistency/keyHashDiff.ts';
import type { KeyRange } from '../core/consistency/keyRange.ts';
import type { RangeDigest } from '../core/consistency/rangeDigest.ts';

/** The side that is migrated away from, or the one migrated to. */
export type Side = 'source' | 'target';

/** What makes reading a table dearer than it need be. */
export interface Caution {
  readonly reason: string;
  readonly fix: string;
}

/** The ranges of one mapped table on both of its databases, read only and within limits of load. Errors are BanyanErrors. */
export interface RowReader {
  /**
   * Checks connection, role, tables and columns on both sides, once; later calls are free. Says what makes reading
   * dearer than it need be.
   */
  prepare(): Promise<readonly Caution[]>;
  /** Keys of a side that cut its next `rows` rows of a range into steps, and the end of them (null: the range's own). */
  bounds(
    side: Side,
    range: KeyRange,
    rows: number,
    stepRows: number,
  ): Promise<{ readonly inner: readonly (readonly string[])[]; readonly end: readonly string[] | null }>;
  /** One digest for each of the adjoining ranges, by one statement. */
  digest(side: Side, ranges: readonly KeyRange[]): Promise<readonly RangeDigest[]>;
  /** Key and hash of each row in the ranges, by one statement. */
  list(side: Side, ranges: readonly KeyRange[]): Promise<readonly KeyHash[]>;
}
