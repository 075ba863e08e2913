// Exact text of row values and keys: two values are the same if and only if their texts are.

/** The value of an unchanged TOASTed column: unknown, not a value. */
export const UNAVAILABLE = '__debezium_unavailable_value';

const PLAIN = /^[\w-]{1,64}$/;

/** One text for the key of a row: the exact texts of its key columns, in mapping order, as a JSON array. */
export function keyText(values: readonly (string | null)[]): string {
  const only = values[0];
  // The most common key by far, without the cost of a general encoder.
  if (values.length === 1 && typeof only === 'string' && PLAIN.test(only)) return `["${only}"]`;
  return JSON.stringify(values);
}

/**
 * The exact text of a decoded JSON value, or undefined where JSON.parse has rounded it and it must be parsed again.
 * Arrays and objects are their JSON text.
 */
export function exactText(value: unknown): string | null | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? null : JSON.stringify(value);
    default:
      return null;
  }
}
