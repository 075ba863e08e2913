const MAX_FRAME_BYTES = 100 * 1024 * 1024;
const FULL_BYTES = 4 * 1024 * 1024;

/** Cuts the byte stream of one connection into frames, each led by its length in four bytes. */
export class FrameSplitter {
  private chunks: Buffer[] = [];
  private bytes = 0;

  /** Whether so much waits that no more should be read for now. */
  get isFull(): boolean {
    return this.bytes > FULL_BYTES;
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
  }

  /** The next whole frame without its length, or undefined. @throws RangeError on a length that no client would send. */
  next(): Buffer | undefined {
    if (this.bytes < 4) return undefined;
    if ((this.chunks[0]?.length ?? 0) < 4) this.join();
    const length = this.chunks[0]?.readInt32BE(0) ?? 0;
    if (length < 8 || length > MAX_FRAME_BYTES) throw new RangeError(`a frame of ${length} bytes`);
    if (this.bytes < length + 4) return undefined;
    if ((this.chunks[0]?.length ?? 0) < length + 4) this.join();
    const [first] = this.chunks;
    if (first === undefined) return undefined;
    this.bytes -= length + 4;
    const rest = first.subarray(length + 4);
    if (rest.length > 0) this.chunks[0] = rest;
    else this.chunks.shift();
    return first.subarray(4, length + 4);
  }

  private join(): void {
    this.chunks = [Buffer.concat(this.chunks)];
  }
}
