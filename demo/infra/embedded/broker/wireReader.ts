/**
 * Reads the non-flexible encoding of the Kafka protocol from one request.
 * Every read past the end throws RangeError, which closes the connection that sent the frame and no other.
 */
export class WireReader {
  private readonly bytes: Buffer;
  private position = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  int8(): number {
    this.position += 1;
    return this.bytes.readInt8(this.position - 1);
  }

  int16(): number {
    this.position += 2;
    return this.bytes.readInt16BE(this.position - 2);
  }

  int32(): number {
    this.position += 4;
    return this.bytes.readInt32BE(this.position - 4);
  }

  int64(): bigint {
    this.position += 8;
    return this.bytes.readBigInt64BE(this.position - 8);
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  nullableString(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.take(length).toString('utf8');
  }

  string(): string {
    const text = this.nullableString();
    if (text === null) throw new RangeError('a string that may not be null is null');
    return text;
  }

  /** A view of the frame, not a copy. */
  nullableBytes(): Buffer | null {
    const length = this.int32();
    return length < 0 ? null : this.take(length);
  }

  nullableArray<T>(readItem: () => T): T[] | null {
    const length = this.int32();
    if (length < 0) return null;
    // An item takes at least a byte: a larger count is a malformed frame and must not reserve memory.
    if (length > this.bytes.length - this.position) throw new RangeError(`array of ${length} items in a shorter frame`);
    const items: T[] = [];
    for (let i = 0; i < length; i++) items.push(readItem());
    return items;
  }

  array<T>(readItem: () => T): T[] {
    return this.nullableArray(readItem) ?? [];
  }

  private take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.bytes.length)
      throw new RangeError(`${length} bytes announced, ${this.bytes.length - this.position} left`);
    const view = this.bytes.subarray(this.position, end);
    this.position = end;
    return view;
  }
}
