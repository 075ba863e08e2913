// How a value that was found differs from the one that was expected, so that rows with the same fault say the same.

const NUMBER = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?$/;
const TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** Units of a shift in time, the largest first, in microseconds. */
const TIME_UNITS: readonly (readonly [bigint, string])[] = [
  [86_400_000_000n, 'd'],
  [3_600_000_000n, 'h'],
  [60_000_000n, 'min'],
  [1_000_000n, 's'],
  [1_000n, 'ms'],
  [1n, 'µs'],
];

/** What is said of two values that differ in no way that has a name. */
export const DIFFERENT = '≠';

/**
 * `+1` or `−0.05` for numbers, `+7 h` for times, `NULL` or `not NULL` where one side has no value, else `≠`. Found minus
 * expected; values are the text of a column, null is NULL.
 */
export function columnDifference(expected: string | null, found: string | null): string {
  if (found === null) return expected === null ? DIFFERENT : 'NULL';
  if (expected === null) return 'not NULL';
  return numberDifference(expected, found) ?? timeDifference(expected, found) ?? DIFFERENT;
}

/** The same without by how much: of one row alone, with a value that can be guessed, the amount is the other value. */
export function withoutAmount(difference: string): string {
  return /^[+−]/.test(difference) ? DIFFERENT : difference;
}

function numberDifference(expected: string, found: string): string | null {
  const a = NUMBER.exec(expected);
  const b = NUMBER.exec(found);
  if (a === null || b === null) return null;
  const decimals = Math.max(a[3]?.length ?? 0, b[3]?.length ?? 0);
  const delta = scaled(b, decimals) - scaled(a, decimals);
  return delta === 0n ? null : `${signOf(delta)}${unscaled(delta < 0n ? -delta : delta, decimals)}`;
}

function scaled([, sign, whole = '0', fraction = '']: RegExpExecArray, decimals: number): bigint {
  return BigInt(`${sign ?? ''}${whole}${fraction.padEnd(decimals, '0')}`);
}

function unscaled(value: bigint, decimals: number): string {
  if (decimals === 0) return String(value);
  const digits = String(value).padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`.replace(/\.?0+$/, '');
}

function timeDifference(expected: string, found: string): string | null {
  const a = microseconds(expected);
  const b = microseconds(found);
  if (a === null || b === null || a === b) return null;
  const delta = b - a;
  const size = delta < 0n ? -delta : delta;
  const [length, unit] = TIME_UNITS.find(([length]) => size % length === 0n) ?? [1n, 'µs'];
  return `${signOf(delta)}${size / length} ${unit}`;
}

function microseconds(text: string): bigint | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  const [, day, clock, fraction = '', zone = 'Z'] = match;
  const at = Date.parse(`${day}T${clock}${isoZone(zone)}`);
  return Number.isNaN(at) ? null : BigInt(at) * 1_000n + BigInt(fraction.padEnd(6, '0'));
}

/** PostgreSQL writes `+00` and `+0530`, ISO 8601 `+05:30`. */
function isoZone(zone: string): string {
  if (zone === 'Z') return zone;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

const signOf = (delta: bigint): string => (delta < 0n ? '−' : '+');
