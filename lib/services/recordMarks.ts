import type { RecordMark } from '../ports/continuousStore.ts';
import type { SourceRecord } from '../ports/eventSource.ts';
import { markOf } from './lastRecord.ts';

const MOST = 64;

/** Some records of one partition, one a batch, by which a later start knows the log again. */
export class RecordMarks {
  #marks: RecordMark[] = [];

  add(record: SourceRecord): void {
    const newest = this.#marks.at(-1);
    if (newest !== undefined && newest.offset >= record.offset) return;
    this.#marks.push(markOf(record));
    if (this.#marks.length > MOST) this.#marks = this.#marks.filter((_, i) => i % 2 === 0);
  }

  /** The newest one below the offset; those before it are forgotten. */
  below(offset: bigint): RecordMark | null {
    const at = this.#marks.findLastIndex((mark) => mark.offset < offset);
    if (at > 0) this.#marks = this.#marks.slice(at);
    return at < 0 ? null : (this.#marks[0] ?? null);
  }
}
