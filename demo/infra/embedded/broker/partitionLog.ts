import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { IndexedSegment } from './indexedSegment.ts';
import { RecentProducers } from './recentProducers.ts';
import { batchSizeAt, firstAtOrAfter, lastOffsetOf } from './recordBatch.ts';
import { FileSegment, MemorySegment } from './segment.ts';

export interface PartitionLogOptions {
  /** Folder of the segments; without one the log lives in memory. */
  readonly folder?: string | undefined;
  /** Whole segments are dropped from the front, and the log start moves, once the log is larger than this. */
  readonly retentionBytes: () => number;
  readonly segmentBytes: number;
  /** Told when the log start has moved, so that it can be stored. */
  readonly onLogStart: () => void;
}

export type ReadOutcome = { readonly kind: 'records'; readonly records: Buffer } | { readonly kind: 'out_of_range' };

/**
 * The log of one partition: whole record batches in segments, offsets without gaps from `logStart` to `highWatermark`.
 * Nothing is compacted; what keeps it bounded is `retentionBytes`, as Kafka's `retention.bytes`.
 */
export class PartitionLog {
  logStart = 0n;
  highWatermark = 0n;
  private readonly options: PartitionLogOptions;
  private readonly segments: IndexedSegment[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly producers = new RecentProducers();

  constructor(options: PartitionLogOptions, logStart = 0n) {
    this.options = options;
    this.logStart = logStart;
    this.highWatermark = logStart;
    if (options.folder === undefined) return;
    mkdirSync(options.folder, { recursive: true });
    const bases = readdirSync(options.folder)
      .filter((name) => name.endsWith('.log'))
      .map((name) => BigInt(name.slice(0, -4)))
      .sort((a, b) => (a < b ? -1 : 1));
    for (const base of bases) {
      const segment = this.openSegment(base);
      const end = segment.recover();
      if (end !== undefined) this.highWatermark = end;
    }
    const [first] = this.segments;
    if (first !== undefined && first.baseOffset > this.logStart) this.logStart = first.baseOffset;
    if (this.highWatermark < this.logStart) this.highWatermark = this.logStart;
  }

  /** Appends one batch and returns the offset of its first record; a repeat of an idempotent producer is not appended. */
  append(batch: Buffer): bigint {
    const known = this.producers.find(batch);
    if (known !== undefined) return known;
    const base = this.highWatermark;
    batch.writeBigInt64BE(base, 0);
    this.active(batch.length).append(batch);
    this.highWatermark = lastOffsetOf(batch) + 1n;
    this.producers.remember(batch, base);
    this.dropOldSegments();
    this.wake();
    return base;
  }

  /** Whole batches from the one that holds `offset`, at least one and as many more as fit into `maxBytes`. */
  read(offset: bigint, maxBytes: number): ReadOutcome {
    if (offset < this.logStart || offset > this.highWatermark) return { kind: 'out_of_range' };
    if (offset === this.highWatermark) return { kind: 'records', records: Buffer.alloc(0) };
    return { kind: 'records', records: this.segmentOf(offset)?.read(offset, maxBytes) ?? Buffer.alloc(0) };
  }

  /** First record with a timestamp of at least `timestamp` (ms), or undefined. */
  offsetAt(timestamp: bigint): { offset: bigint; timestamp: bigint } | undefined {
    for (const segment of this.segments) {
      if (segment.largestTimestamp < timestamp) continue;
      for (let offset = segment.baseOffset; offset < this.highWatermark; ) {
        const records = segment.read(offset, 1 << 20);
        if (records.length === 0) break;
        for (let position = 0; position < records.length; ) {
          const size = batchSizeAt(records, position) ?? records.length;
          const batch = records.subarray(position, position + size);
          const found = firstAtOrAfter(batch, timestamp);
          if (found !== undefined && found.offset >= this.logStart) return found;
          offset = lastOffsetOf(batch) + 1n;
          position += size;
        }
      }
    }
    return undefined;
  }

  /** Forgets what lies before `offset`; returns the new log start, or undefined if there is no such offset yet. */
  deleteBefore(offset: bigint): bigint | undefined {
    const start = offset === -1n ? this.highWatermark : offset;
    if (start < 0n || start > this.highWatermark) return undefined;
    if (start > this.logStart) {
      this.logStart = start;
      while (this.segments.length > 1 && (this.segments[1]?.baseOffset ?? start + 1n) <= start)
        this.segments.shift()?.remove();
      this.options.onLogStart();
    }
    return this.logStart;
  }

  /** Calls back once at the next append or when the log goes away; returns the function that withdraws the request. */
  onChange(callback: () => void): () => void {
    this.waiting.add(callback);
    return () => this.waiting.delete(callback);
  }

  close(): void {
    for (const segment of this.segments.splice(0)) segment.close();
    this.wake();
  }

  remove(): void {
    for (const segment of this.segments.splice(0)) segment.remove();
    this.wake();
  }

  private wake(): void {
    const callbacks = [...this.waiting];
    this.waiting.clear();
    for (const callback of callbacks) callback();
  }

  private active(nextBytes: number): IndexedSegment {
    const last = this.segments.at(-1);
    if (last !== undefined && (last.sizeBytes === 0 || last.sizeBytes + nextBytes <= this.options.segmentBytes))
      return last;
    return this.openSegment(this.highWatermark);
  }

  private openSegment(base: bigint): IndexedSegment {
    const { folder } = this.options;
    const stored =
      folder === undefined
        ? new MemorySegment(base)
        : new FileSegment(join(folder, `${base.toString().padStart(20, '0')}.log`), base);
    const segment = new IndexedSegment(stored);
    this.segments.push(segment);
    return segment;
  }

  private segmentOf(offset: bigint): IndexedSegment | undefined {
    return this.segments.findLast((segment) => segment.baseOffset <= offset);
  }

  private dropOldSegments(): void {
    let total = 0;
    for (const segment of this.segments) total += segment.sizeBytes;
    const limit = this.options.retentionBytes();
    while (limit >= 0 && total > limit && this.segments.length > 1) {
      const dropped = this.segments.shift();
      total -= dropped?.sizeBytes ?? 0;
      dropped?.remove();
      const next = this.segments[0]?.baseOffset ?? this.highWatermark;
      if (next > this.logStart) this.logStart = next;
      this.options.onLogStart();
    }
  }
}
