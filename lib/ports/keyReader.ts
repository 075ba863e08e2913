import type { Row, RowImage } from '../core/consistency/row.ts';
import type { Side } from './rowReader.ts';

/** Who owns a key, in which epoch, as one side's database says. */
export interface KeyOwner {
  readonly epoch: string;
  readonly owner: Side;
  /** The transaction of this side that opened the epoch, 32 or 64 bits; null where the key has not changed hands. */
  readonly since: bigint | null;
}

/** Rows of one side read by key, with all that a verdict on them needs, in one snapshot. */
export interface KeyRead {
  /** By key text; a key without a row is absent. */
  readonly rows: ReadonlyMap<string, RowImage>;
  /** The transaction that wrote each row (its xmin, 32 bits), where the table tells. */
  readonly writtenBy: ReadonlyMap<string, bigint>;
  /** `pg_current_snapshot()` of the read. */
  readonly snapshot: string;
  /** The log's insert position, taken after the read. */
  readonly lsn: bigint;
  /** Next offset by partition of the applier that writes this side; null where its database does not keep it. */
  readonly applied: ReadonlyMap<number, bigint> | null;
  /** By key text; null where ownership does not change hands. */
  readonly owners: ReadonlyMap<string, KeyOwner> | null;
}

/**
 * What is read of rows: the compared `values`; or `hashes`, one a row in place of its values, alike on both sides if the
 * values are, and else by a chance of one in 2^64. Where two servers may hash in two ways, values are read all the same.
 */
export type RowForm = 'values' | 'hashes';

/** Reads rows of one mapped table by key, on both of its databases, within limits of load. Errors are BanyanErrors. */
export interface KeyReader {
  /** `keys` as rows have them: a row is found under its own text alone, whatever way its key was written. Values unless asked otherwise. */
  read(side: Side, keys: readonly string[], form?: RowForm): Promise<KeyRead>;
  /**
   * Keys as somebody wrote them, each in the one text that its row has (01 is 1, an upper-case uuid a lower-case one).
   * @throws BanyanError `bad_input` for a key that is no value of its columns
   */
  canonicalKeys(keys: readonly string[]): Promise<readonly string[]>;
  /** Next offset by partition of the applier that writes this side; null where it is not kept in the database. */
  applied(side: Side): Promise<ReadonlyMap<number, bigint> | null>;
  /** A transaction id that no earlier transaction of this side has; snapshots with xmin from it on see all of those. */
  transactionId(side: Side): Promise<bigint>;
  /** Why captured keys of this side can't be told to be those that are read, or null: their texts are the same. */
  keyProblem(side: Side): Promise<string | null>;
  /** Images of change events (JSON objects of column texts, null for a delete) as rows that compare with those read. */
  images(side: Side, after: readonly (string | null)[]): Promise<readonly (Row | 'unavailable')[]>;
}
