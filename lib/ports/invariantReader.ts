/** The numbers of one database, read in one snapshot. */
export interface InvariantRead {
  /** The parts' numbers in their order, numerics as text. */
  readonly values: readonly string[];
  /** `pg_current_snapshot()` of the read. */
  readonly snapshot: string;
  /** By topic, the next offset by partition of the applier that writes here, in the same snapshot. */
  readonly applied: ReadonlyMap<string, ReadonlyMap<number, bigint>>;
  /** The log's insert position, taken after the read. */
  readonly lsn: bigint;
}

/** A query for the applied position that the database keeps: (partition, next_offset) for $1 = topic. */
export interface AppliedQuery {
  readonly topic: string;
  readonly query: string;
}

/** Reads the parts of invariants, read only and within limits of load. Errors are BanyanErrors. */
export interface InvariantReader {
  read(database: string, parts: readonly string[], applied: readonly AppliedQuery[]): Promise<InvariantRead>;
}
