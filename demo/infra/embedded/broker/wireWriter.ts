const LARGE_BYTES = 8192;

/** Writes the non-flexible encoding of the Kafka protocol; large byte fields are passed on by reference. */
export class WireWriter {
  private readonly done: Buffer[] = [];
  private doneBytes = 0;
  private current = Buffer.allocUnsafe(512);
  private used = 0;
  isSuppressed = false;

  /** For a producer that wants no acknowledgement: nothing is sent. */
  suppress(): void {
    this.isSuppressed = true;
  }

  int8(value: number): this {
    const at = this.reserve(1);
    this.current.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.reserve(2);
    this.current.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.reserve(4);
    this.current.writeInt32BE(value, at);
    return this;
  }

  int64(value: bigint): this {
    const at = this.reserve(8);
    this.current.writeBigInt64BE(value, at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const encoded = Buffer.from(value, 'utf8');
    this.int16(encoded.length);
    const at = this.reserve(encoded.length);
    encoded.copy(this.current, at);
    return this;
  }

  bytes(value: Buffer | null): this {
    if (value === null) return this.int32(-1);
    this.int32(value.length);
    return this.raw(value);
  }

  /** Bytes without a length before them. */
  raw(value: Buffer): this {
    if (value.length < LARGE_BYTES) {
      const at = this.reserve(value.length);
      value.copy(this.current, at);
      return this;
    }
    this.flush();
    this.done.push(value);
    this.doneBytes += value.length;
    return this;
  }

  array<T>(items: readonly T[], writeItem: (item: T) => void): this {
    this.int32(items.length);
    for (const item of items) writeItem(item);
    return this;
  }

  /** The whole frame: length, correlation id, then what was written. */
  frame(correlationId: number): Buffer[] {
    this.flush();
    const head = Buffer.allocUnsafe(8);
    head.writeInt32BE(this.doneBytes + 4, 0);
    head.writeInt32BE(correlationId, 4);
    return [head, ...this.done];
  }

  private flush(): void {
    if (this.used === 0) return;
    this.done.push(this.current.subarray(0, this.used));
    this.doneBytes += this.used;
    this.current = Buffer.allocUnsafe(512);
    this.used = 0;
  }

  /** Makes room, which may replace `current`: call it before touching that. */
  private reserve(length: number): number {
    if (this.used + length > this.current.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.current.length * 2, this.used + length));
      this.current.copy(larger, 0, 0, this.used);
      this.current = larger;
    }
    this.used += length;
    return this.used - length;
  }
}
