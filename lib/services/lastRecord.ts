import type { SourceRecord } from '../ports/eventSource.ts';

/** The last record that was read of a partition: it comes again where reading goes on, and tells whether the log is the same. */
export interface LastRecord {
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly value: Buffer | null;
}

/** True if the record that came at the last one's offset is that record. */
export function isSameRecord(record: SourceRecord, last: LastRecord): boolean {
  if (record.timestampMs !== last.timestampMs) return false;
  return record.value === null || last.value === null ? record.value === last.value : record.value.equals(last.value);
}
