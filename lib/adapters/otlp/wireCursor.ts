import { isUtf8 } from 'node:buffer';
import { type BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { Warnings } from '../../core/trace/attributeValue.ts';

/** Ids are 16 and 8 bytes; of a longer one only enough is kept to see that it is wrong. */
const MAX_ID_BYTES = 32;

/** Reads protobuf fields out of one body by position: no copies, every length checked against the enclosing message. */
export class WireCursor {
  readonly #body: Buffer;
  readonly #reader: BinaryReader;

  constructor(body: Buffer, reader: BinaryReader) {
    this.#body = body;
    this.#reader = reader;
  }

  get pos(): number {
    return this.#reader.pos;
  }

  set pos(value: number) {
    this.#reader.pos = value;
  }

  /** Calls `read` at each field up to `end`; fields that it does not take (false) are skipped. */
  eachField(end: number, read: (field: number, type: WireType) => boolean): void {
    const reader = this.#reader;
    while (reader.pos < end) {
      const tag = reader.uint32();
      const field = tag >>> 3;
      const type: WireType = tag & 7;
      if (field === 0) throw new Error(`field number 0 at byte ${reader.pos}`);
      if (!read(field, type)) reader.skip(type, field);
    }
    if (reader.pos > end) throw new Error(`a field runs past its message at byte ${end}`);
  }

  /** Reads a length and returns where that message ends. */
  messageEnd(): number {
    const length = this.#reader.uint32();
    const end = this.#reader.pos + length;
    if (end > this.#body.length) throw new Error(`a message runs past the body at byte ${this.#reader.pos}`);
    return end;
  }

  expect(type: WireType, wanted: WireType): void {
    if (type !== wanted) throw new Error(`wire type ${type} where ${wanted} belongs, at byte ${this.#reader.pos}`);
  }

  skip(type: WireType, field: number): void {
    this.#reader.skip(type, field);
  }

  hex(type: WireType): string {
    this.expect(type, WireType.LengthDelimited);
    const end = this.messageEnd();
    const start = this.#reader.pos;
    this.#reader.pos = end;
    return this.#body.toString('hex', start, Math.min(end, start + MAX_ID_BYTES));
  }

  base64(type: WireType, maxBytes: number, warnings: Warnings): string {
    this.expect(type, WireType.LengthDelimited);
    const end = this.messageEnd();
    const start = this.#reader.pos;
    this.#reader.pos = end;
    if (end - start > maxBytes) warnings.add('value_truncated');
    return this.#body.toString('base64', start, Math.min(end, start + maxBytes));
  }

  /** Text; bytes that are no UTF-8 become U+FFFD, with a warning. */
  text(type: WireType, warnings: Warnings): string {
    this.expect(type, WireType.LengthDelimited);
    const end = this.messageEnd();
    const start = this.#reader.pos;
    this.#reader.pos = end;
    const text = this.#body.toString('utf8', start, end);
    if (text.includes('\uFFFD') && !isUtf8(this.#body.subarray(start, end))) warnings.add('invalid_text');
    return text;
  }

  int32(type: WireType): number {
    this.expect(type, WireType.Varint);
    return this.#reader.int32();
  }

  bool(type: WireType): boolean {
    this.expect(type, WireType.Varint);
    return this.#reader.bool();
  }

  int64(type: WireType): bigint {
    this.expect(type, WireType.Varint);
    return BigInt(this.#reader.int64());
  }

  fixed64(type: WireType): bigint {
    this.expect(type, WireType.Bit64);
    return BigInt(this.#reader.fixed64());
  }

  double(type: WireType): number {
    this.expect(type, WireType.Bit64);
    return this.#reader.double();
  }
}
