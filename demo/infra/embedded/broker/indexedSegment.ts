import { baseOffsetOf, batchSizeAt, HEADER_BYTES, largestTimestampOf, lastOffsetOf } from './recordBatch.ts';
import type { Segment } from './segment.ts';

const INDEX_EVERY_BYTES = 32 * 1024;
const RECOVER_CHUNK_BYTES = 1 << 20;

/** A segment with a sparse index from offset to position: one entry per 32 KiB, so that a large log needs little memory. */
export class IndexedSegment {
  largestTimestamp = -1n;
  private readonly segment: Segment;
  private readonly index: { offset: bigint; position: number }[] = [];

  constructor(segment: Segment) {
    this.segment = segment;
  }

  get baseOffset(): bigint {
    return this.segment.baseOffset;
  }

  get sizeBytes(): number {
    return this.segment.sizeBytes;
  }

  append(batch: Buffer): void {
    this.note(batch, this.segment.sizeBytes);
    this.segment.append(batch);
  }

  /** Rebuilds the index of a stored segment, cuts off a torn tail and returns the offset after its last record. */
  recover(): bigint | undefined {
    let end: bigint | undefined;
    let position = 0;
    while (position < this.segment.sizeBytes) {
      const header = this.readWhole(position, RECOVER_CHUNK_BYTES);
      if (header === undefined) break;
      for (let at = 0; at < header.length; ) {
        const size = batchSizeAt(header, at);
        if (size === undefined || size > header.length - at) break;
        const batch = header.subarray(at, at + size);
        this.note(batch, position + at);
        end = lastOffsetOf(batch) + 1n;
        at += size;
      }
      position += header.length;
    }
    if (position < this.segment.sizeBytes) this.segment.truncate(position);
    return end;
  }

  read(offset: bigint, maxBytes: number): Buffer {
    let position = this.floor(offset);
    for (;;) {
      const chunk = this.readWhole(position, Math.max(maxBytes, 1) + INDEX_EVERY_BYTES);
      if (chunk === undefined) return Buffer.alloc(0);
      let at = 0;
      while (at < chunk.length && lastOffsetOf(chunk.subarray(at)) < offset)
        at += batchSizeAt(chunk, at) ?? chunk.length;
      if (at >= chunk.length) {
        position += chunk.length;
        continue;
      }
      return chunk.subarray(at, this.endOfWhole(chunk, at, maxBytes));
    }
  }

  close(): void {
    this.segment.close();
  }

  remove(): void {
    this.segment.remove();
  }

  /** End of the last whole batch that fits, beginning at `at`; the first one counts even if it is larger. */
  private endOfWhole(chunk: Buffer, at: number, maxBytes: number): number {
    let end = at;
    while (end < chunk.length) {
      const size = batchSizeAt(chunk, end) ?? chunk.length;
      if (end > at && end + size - at > maxBytes) break;
      end += size;
    }
    return end;
  }

  /** Whole batches from `position`: as many as fit into `length`, one at least; undefined where none is whole. */
  private readWhole(position: number, length: number): Buffer | undefined {
    const head = this.segment.read(position, Math.max(length, HEADER_BYTES));
    const first = batchSizeAt(head, 0);
    if (first === undefined || first < HEADER_BYTES || position + first > this.segment.sizeBytes) return undefined;
    if (first > head.length) return this.segment.read(position, first);
    let end = 0;
    for (;;) {
      const size = batchSizeAt(head, end);
      if (size === undefined || size < HEADER_BYTES || end + size > head.length) return head.subarray(0, end);
      end += size;
    }
  }

  private note(batch: Buffer, position: number): void {
    const last = this.index.at(-1);
    if (last === undefined || position - last.position >= INDEX_EVERY_BYTES)
      this.index.push({ offset: baseOffsetOf(batch), position });
    const timestamp = largestTimestampOf(batch);
    if (timestamp > this.largestTimestamp) this.largestTimestamp = timestamp;
  }

  private floor(offset: bigint): number {
    let low = 0;
    let high = this.index.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.index[middle]?.offset ?? offset) <= offset) low = middle + 1;
      else high = middle;
    }
    return this.index[low - 1]?.position ?? 0;
  }
}
