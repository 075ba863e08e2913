export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** One record as the broker keeps it; bytes are decoded by who reads them. */
export interface SourceRecord {
  readonly offset: bigint;
  /** The record's own timestamp; milliseconds since 1970. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Records of one partition, in order; offsets may have gaps (compaction, transaction markers). */
export interface SourceBatch extends TopicPartition {
  readonly records: readonly SourceRecord[];
  /** The offset that was asked for: every record from there on that the log still has is here. */
  readonly readFrom: bigint;
  /** The offset after everything that was read, records that are not shown (transaction markers) included. */
  readonly nextOffset: bigint;
  /** The offset after the newest record, as it was when this batch was read. */
  readonly highWatermark: bigint;
}

export interface StartPosition extends TopicPartition {
  /** Where to read from; null: do not read this partition. */
  readonly offset: bigint | null;
}

/** First offset that the log still has, and the offset after the newest record. */
export interface LogRange {
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

/** What the source tells its reader. */
export interface SourceListener {
  /**
   * These partitions, and no others, are this reader's from now on. Nothing is read from them before the answer; it is
   * asked again, after a pause, if it rejects.
   */
  assigned(partitions: readonly TopicPartition[]): Promise<readonly StartPosition[]>;
  /** Takes a batch; the source reads on meanwhile, and holds its memory to account until the promise settles. */
  batch(batch: SourceBatch): Promise<void>;
  /** Topics asked for that do not exist (asked again every few seconds). */
  missingTopics(topics: readonly string[]): void;
  /** The broker can't be reached, or can be again. */
  connection(state: { readonly reachable: true } | { readonly reachable: false; readonly detail: string }): void;
}

/** Reads topics as a member of a group, from positions that its reader keeps. Never ends the process. */
export interface EventSource {
  /** Starts reading; returns at once and keeps trying by itself until stopped. */
  start(topics: readonly string[], listener: SourceListener): void;
  /** Reads this partition again from here; what was read of it and not handled is dropped. */
  seek(partition: TopicPartition, offset: bigint): void;
  /** Stops reading this partition until it is assigned again. */
  halt(partition: TopicPartition): void;
  /** Ranges of the logs, of topics that exist. Rejects when the broker can't be reached. */
  ranges(topics: readonly string[]): Promise<ReadonlyMap<string, readonly LogRange[]>>;
  /** Tells the broker the positions, for its lag tools only; never rejects. */
  publishPositions(positions: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void>;
  stop(): Promise<void>;
}
