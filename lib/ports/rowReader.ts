import type { KeyHash } from '../core/consistency/keyHashDiff.ts';
import type { KeyRange } from '../core/consistency/keyRange.ts';
import type { RangeDigest } from '../core/consistency/rangeDigest.ts';
import type { Row, RowImage } from '../core/consistency/row.ts';

/** The side that is migrated away from, or the one migrated to. */
export type Side = 'source' | 'target';

/** Rows read by key on one side, with all that a verdict on them needs, in one snapshot. */
export interface SideRead {
  /** By key text; a key without a row is absent. */
  readonly rows: ReadonlyMap<string, RowImage>;
  /** `pg_current_snapshot()` of the read. */
  readonly snapshot: string;
  /** The log's insert position, taken after the read. */
  readonly lsn: bigint;
  /** Next offset by partition of the applier that writes this side; null where it can't be read in the snapshot. */
  readonly applied: ReadonlyMap<number, bigint> | null;
}

/** One mapped table on both of its databases, read only and within limits of load. Errors are BanyanErrors. */
export interface RowReader {
  /** Checks connection, role, tables and columns on both sides, once; later calls are free. */
  prepare(): Promise<void>;
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
  read(side: Side, keys: readonly string[]): Promise<SideRead>;
  /** Next offset by partition of the applier that writes this side; null where it is not kept in the database. */
  applied(side: Side): Promise<ReadonlyMap<number, bigint> | null>;
  /** A transaction id that no earlier transaction of this side has; snapshots with xmin from it on see all of those. */
  transactionId(side: Side): Promise<bigint>;
  /** Images of change events (JSON objects of column texts, null for a delete) as rows that compare with those read. */
  images(side: Side, after: readonly (string | null)[]): Promise<readonly (Row | 'unavailable')[]>;
}
