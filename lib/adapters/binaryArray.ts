// Long arrays in PostgreSQL's binary format (array_send): a header, then each element behind its length. Nothing is
// quoted and nothing parsed, on either side. A Buffer as a query's value is sent as it is.

/** Object ids of the element types (pg_type). */
const TEXT = 25;
const INT8 = 20;

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
/** The length of an element that is null. */
const NULL = -1;

/** A value for `$n::bigint[]`; the numbers must be integers. */
export function int8Array(values: readonly (bigint | number)[]): Buffer {
  const array = begin(INT8, values.length, values.length * (LENGTH_BYTES + 8));
  // Through a view: the methods of Buffer check each value, which is most of the time that it takes.
  const view = new DataView(array.buffer, array.byteOffset, array.length);
  let at = HEADER_BYTES;
  for (const value of values) {
    view.setInt32(at, 8);
    view.setBigInt64(at + LENGTH_BYTES, BigInt(value));
    at += LENGTH_BYTES + 8;
  }
  return array;
}

/** A value for `$n::text[]`. */
export function textArray(values: readonly (string | null)[]): Buffer {
  let bytes = 0;
  for (const value of values) bytes += LENGTH_BYTES + (value === null ? 0 : Buffer.byteLength(value));
  const array = begin(TEXT, values.length, bytes);
  let at = HEADER_BYTES;
  for (const value of values) {
    const start = at + LENGTH_BYTES;
    const length = value === null ? NULL : array.write(value, start);
    array.writeInt32BE(length, at);
    at = start + Math.max(length, 0);
  }
  return array;
}

/** One dimension, counted from 1; elements may be null. */
function begin(elementType: number, count: number, elementBytes: number): Buffer {
  const array = Buffer.allocUnsafe(HEADER_BYTES + elementBytes);
  const [dimensions, mayHoldNull, firstIndex] = [1, 1, 1];
  let at = 0;
  for (const field of [dimensions, mayHoldNull, elementType, count, firstIndex]) at = array.writeInt32BE(field, at);
  return array;
}
