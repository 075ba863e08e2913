import { createHash } from 'node:crypto';
import type { RecordMark } from '../ports/continuousStore.ts';
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

/** What is kept of a record to know it again. */
export function markOf({ offset, timestampMs, value }: SourceRecord): RecordMark {
  return { offset, timestampMs, sha256: value === null ? null : createHash('sha256').update(value).digest('hex') };
}

/** True if the record that came at the mark's offset is the one that was marked. */
export function isMarked(record: SourceRecord, mark: RecordMark): boolean {
  const { timestampMs, sha256 } = markOf(record);
  return timestampMs === mark.timestampMs && sha256 === mark.sha256;
}
