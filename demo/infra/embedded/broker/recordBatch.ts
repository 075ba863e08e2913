// Record batches (magic 2) are kept as they came: only the base offset, which lies outside the checksum, is written.
// Offsets of the header's fields: base offset 0, length 8, magic 16, attributes 21, last offset delta 23,
// first timestamp 27, largest timestamp 35, producer id 43, epoch 51, base sequence 53, record count 57.

/** Bytes up to and including the length field; the length counts what follows it. */
export const LENGTH_PREFIX_BYTES = 12;
export const HEADER_BYTES = 61;

/** Size of the batch that begins at `position`, or undefined if its length field is not in `bytes`. */
export function batchSizeAt(bytes: Buffer, position: number): number | undefined {
  if (position + LENGTH_PREFIX_BYTES > bytes.length) return undefined;
  return bytes.readInt32BE(position + 8) + LENGTH_PREFIX_BYTES;
}

export const baseOffsetOf = (batch: Buffer): bigint => batch.readBigInt64BE(0);
export const lastOffsetOf = (batch: Buffer): bigint => baseOffsetOf(batch) + BigInt(batch.readInt32BE(23));
export const firstTimestampOf = (batch: Buffer): bigint => batch.readBigInt64BE(27);
export const largestTimestampOf = (batch: Buffer): bigint => batch.readBigInt64BE(35);

/** The idempotent producer's position, or undefined for an ordinary producer. */
export function producerOf(batch: Buffer): { id: bigint; epoch: number; baseSequence: number } | undefined {
  const id = batch.readBigInt64BE(43);
  return id < 0n ? undefined : { id, epoch: batch.readInt16BE(51), baseSequence: batch.readInt32BE(53) };
}

/** The batches of one produce request; undefined if the bytes are not whole, consistent batches of magic 2. */
export function splitBatches(records: Buffer): Buffer[] | undefined {
  const batches: Buffer[] = [];
  for (let position = 0; position < records.length; ) {
    const size = batchSizeAt(records, position);
    if (size === undefined || size < HEADER_BYTES || position + size > records.length) return undefined;
    const batch = records.subarray(position, position + size);
    const count = batch.readInt32BE(57);
    if (batch.readInt8(16) !== 2 || count < 1 || batch.readInt32BE(23) !== count - 1) return undefined;
    batches.push(batch);
    position += size;
  }
  return batches;
}

/**
 * The first record of the batch whose timestamp is at least `timestamp`. Records of a compressed batch are not read:
 * its first offset stands for all of them, so a reader starts too early rather than too late.
 */
export function firstAtOrAfter(batch: Buffer, timestamp: bigint): { offset: bigint; timestamp: bigint } | undefined {
  if (largestTimestampOf(batch) < timestamp) return undefined;
  const base = baseOffsetOf(batch);
  const first = firstTimestampOf(batch);
  const compressed = (batch.readInt16BE(21) & 7) !== 0;
  if (compressed || first >= timestamp) return { offset: base, timestamp: first };
  let position = HEADER_BYTES;
  for (let left = batch.readInt32BE(57); left > 0; left--) {
    const length = varint(batch, position);
    const timestampDelta = varint(batch, length.next + 1);
    const offsetDelta = varint(batch, timestampDelta.next);
    const at = first + timestampDelta.value;
    if (at >= timestamp) return { offset: base + offsetDelta.value, timestamp: at };
    position = length.next + Number(length.value);
  }
  return undefined;
}

function varint(bytes: Buffer, position: number): { value: bigint; next: number } {
  let raw = 0n;
  for (let shift = 0n, next = position; ; shift += 7n, next++) {
    const byte = bytes.readUInt8(next);
    raw |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value: (raw >> 1n) ^ -(raw & 1n), next: next + 1 };
  }
}
