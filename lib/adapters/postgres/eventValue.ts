// Values of change events as PostgreSQL texts. A capture writes times, decimals and bytes in forms that its settings
// decide. A form that another setting could have written for another value is not read unless the setting is known.
import type { CaptureModes } from '../../core/migration/definition.ts';
import type { CatalogueColumn } from './catalogue.ts';
import { capturedDate, capturedTime, capturedTimestamp, capturedZoned } from './eventTime.ts';

/** A column of a table that an event must carry. */
export interface CarriedColumn extends CatalogueColumn {
  /** True if its text counts, not only its value: an event does not tell 0 from -0. */
  readonly byText: boolean;
}

/** The event does not say what the value is: the row must be read. */
export const UNKNOWN = Symbol('unknown');
export type Captured = string | null | typeof UNKNOWN;

const UNAVAILABLE = '__debezium_unavailable_value';
const UNAVAILABLE_BYTES = Buffer.from(UNAVAILABLE);
const INTEGER = /^-?\d+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const DECIMAL = /^[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
/** Digits that survive a way through a double. */
const DOUBLE_DIGITS = 15;

/** The PostgreSQL text of a column's value, given its text in an event. */
export function capturedValue(column: CarriedColumn, text: string | null, modes: CaptureModes): Captured {
  if (column.element !== null) return capturedArray({ ...column, base: column.element }, text, modes);
  return scalar(column, text, modes);
}

function scalar(column: CarriedColumn, text: string | null, modes: CaptureModes): Captured {
  // Where decimals are not strings, NaN is written as null.
  if (text === null) return column.base === 'numeric' && modes.decimal !== 'string' ? UNKNOWN : null;
  if (text === UNAVAILABLE) return UNKNOWN;
  switch (column.base) {
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return INTEGER.test(text) ? text : UNKNOWN;
    case 'bool':
      return text === 'true' || text === 'false' ? text : UNKNOWN;
    case 'float4':
    case 'float8':
      return column.byText && Number(text) === 0 ? UNKNOWN : text;
    case 'numeric':
      return decimal(column.declared, text, modes.decimal);
    case 'bytea':
      return bytes(text, modes.binary);
    case 'date':
      return capturedDate(text) ?? UNKNOWN;
    case 'time':
      return capturedTime(text, column.declared, modes.time) ?? UNKNOWN;
    case 'timestamp':
      return capturedTimestamp(text, column.declared, modes.time) ?? UNKNOWN;
    case 'timestamptz':
      return capturedZoned(text) ?? UNKNOWN;
    case 'interval':
      return text.startsWith('P') ? text : UNKNOWN;
    // Captured in forms that do not tell one value from another: without its zone, as bytes or as a rounded number.
    case 'timetz':
    case 'bit':
    case 'varbit':
    case 'money':
      return UNKNOWN;
    default:
      return text;
  }
}

function decimal(declared: string, text: string, mode: CaptureModes['decimal']): Captured {
  const [precision = Number.POSITIVE_INFINITY, scale] = /\((\d+),(-?\d+)\)/.exec(declared)?.slice(1).map(Number) ?? [];
  switch (mode) {
    case 'string':
      return plainDecimal(text);
    case 'double':
      return precision <= DOUBLE_DIGITS && DECIMAL.test(text) ? text : UNKNOWN;
    case 'precise':
      return preciseDecimal(text, scale);
    case undefined:
      // Digits alone may be base64; other texts of base64 hold a letter that no decimal has.
      if (text.startsWith('{') || (BASE64.test(text) && !DECIMAL.test(text))) return preciseDecimal(text, scale);
      if (BASE64.test(text) || precision > DOUBLE_DIGITS) return UNKNOWN;
      return plainDecimal(text);
    default:
      return mode satisfies never;
  }
}

const NOT_FINITE: Readonly<Record<string, string>> = {
  NAN: 'NaN',
  POSITIVE_INFINITY: 'Infinity',
  NEGATIVE_INFINITY: '-Infinity',
};

function plainDecimal(text: string): Captured {
  return DECIMAL.test(text) ? text : (NOT_FINITE[text] ?? UNKNOWN);
}

/** Two's complement, big-endian, in base64; with its own scale where the column declares none. */
function preciseDecimal(text: string, declaredScale: number | undefined): Captured {
  let [digits, scale] = [text, declaredScale];
  if (text.startsWith('{')) {
    const match = /^\{"scale":(-?\d+),"value":"([^"]*)"\}$/.exec(text);
    if (match === null) return UNKNOWN;
    [digits, scale] = [match[2] ?? '', Number(match[1])];
  }
  if (scale === undefined || digits === '' || !BASE64.test(digits)) return UNKNOWN;
  const raw = Buffer.from(digits, 'base64');
  const unscaled = BigInt.asIntN(raw.length * 8, BigInt(`0x${raw.toString('hex')}`));
  return `${unscaled}e${-scale}`;
}

function bytes(text: string, mode: CaptureModes['binary']): Captured {
  const decoded = decodeBytes(text, mode);
  if (decoded === null || decoded.equals(UNAVAILABLE_BYTES)) return UNKNOWN;
  return `\\x${decoded.toString('hex')}`;
}

function decodeBytes(text: string, mode: CaptureModes['binary']): Buffer | null {
  const isHex = /^(?:[0-9a-f]{2})*$/i.test(text);
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  const isBase64 = BASE64.test(standard);
  if (mode === 'hex') return isHex ? Buffer.from(text, 'hex') : null;
  if (mode !== undefined) return isBase64 ? Buffer.from(standard, 'base64') : null;
  if (text === '') return Buffer.alloc(0);
  if (isHex === isBase64) return null;
  return isHex ? Buffer.from(text, 'hex') : Buffer.from(standard, 'base64');
}

function capturedArray(element: CarriedColumn, text: string | null, modes: CaptureModes): Captured {
  if (text === null) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return UNKNOWN;
  }
  return Array.isArray(parsed) ? arrayLiteral(element, parsed, modes) : UNKNOWN;
}

function arrayLiteral(element: CarriedColumn, items: readonly unknown[], modes: CaptureModes): Captured {
  const parts: string[] = [];
  for (const item of items) {
    if (Array.isArray(item)) {
      const nested = arrayLiteral(element, item, modes);
      if (nested === UNKNOWN || nested === null) return UNKNOWN;
      parts.push(nested);
      continue;
    }
    // Numbers this long have been rounded.
    if (typeof item === 'number' && Math.abs(item) > Number.MAX_SAFE_INTEGER) return UNKNOWN;
    if (item !== null && !['string', 'number', 'boolean'].includes(typeof item)) return UNKNOWN;
    const value = scalar(element, item === null ? null : String(item), modes);
    if (value === UNKNOWN) return UNKNOWN;
    parts.push(value === null ? 'NULL' : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
  }
  return `{${parts.join(',')}}`;
}
