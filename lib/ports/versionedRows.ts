import type { RowImage } from '../core/consistency/row.ts';
import type { RowReader, Side } from './rowReader.ts';

/** The rows of one key as one statement saw them: one, unless the table allows repeated keys. */
export interface VersionedRows {
  readonly rows: readonly RowImage[];
  /** Another text after any write to one of the rows, even one that leaves the values; of a view: of the values. */
  readonly version: string;
}

/** A reader that can tell whether a row was written between two reads. Errors are BanyanErrors. */
export interface VersionedRowReader extends RowReader {
  /** By key text; a key without a row is absent. */
  readVersions(side: Side, keys: readonly string[]): Promise<ReadonlyMap<string, VersionedRows>>;
}
