import { closeSync, fstatSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/** Append-only bytes of one stretch of a partition. */
export interface Segment {
  readonly baseOffset: bigint;
  readonly sizeBytes: number;
  append(bytes: Buffer): void;
  /** Up to `length` bytes from `position`; fewer only at the end. */
  read(position: number, length: number): Buffer;
  truncate(sizeBytes: number): void;
  close(): void;
  remove(): void;
}

/** A segment in a file. It is not synced: it outlives the process, not the machine. */
export class FileSegment implements Segment {
  readonly baseOffset: bigint;
  sizeBytes: number;
  private readonly path: string;
  private readonly descriptor: number;

  constructor(path: string, baseOffset: bigint) {
    this.path = path;
    this.baseOffset = baseOffset;
    this.descriptor = openSync(path, 'a+');
    this.sizeBytes = fstatSync(this.descriptor).size;
  }

  append(bytes: Buffer): void {
    for (let written = 0; written < bytes.length; ) written += writeSync(this.descriptor, bytes, written);
    this.sizeBytes += bytes.length;
  }

  read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.sizeBytes - position)));
    let read = 0;
    while (read < bytes.length) {
      const count = readSync(this.descriptor, bytes, read, bytes.length - read, position + read);
      if (count === 0) break;
      read += count;
    }
    return bytes.subarray(0, read);
  }

  truncate(sizeBytes: number): void {
    ftruncateSync(this.descriptor, sizeBytes);
    this.sizeBytes = sizeBytes;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  remove(): void {
    closeSync(this.descriptor);
    rmSync(this.path, { force: true });
  }
}

/** A segment in memory, for a broker without a data folder. */
export class MemorySegment implements Segment {
  readonly baseOffset: bigint;
  sizeBytes = 0;
  private bytes = Buffer.alloc(0);

  constructor(baseOffset: bigint) {
    this.baseOffset = baseOffset;
  }

  append(bytes: Buffer): void {
    const needed = this.sizeBytes + bytes.length;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(4096, this.bytes.length * 2, needed));
      this.bytes.copy(larger, 0, 0, this.sizeBytes);
      this.bytes = larger;
    }
    bytes.copy(this.bytes, this.sizeBytes);
    this.sizeBytes = needed;
  }

  read(position: number, length: number): Buffer {
    return this.bytes.subarray(position, Math.min(position + length, this.sizeBytes));
  }

  truncate(sizeBytes: number): void {
    this.sizeBytes = sizeBytes;
  }

  close(): void {
    this.bytes = Buffer.alloc(0);
    this.sizeBytes = 0;
  }

  remove(): void {
    this.close();
  }
}
