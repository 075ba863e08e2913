import { type ArrayText, parseArrayText } from './arrayText.ts';
import { intervalMicros, isoDate, isoInterval, isoTime, isoTimestamp, isoZonedTimestamp } from './isoTime.ts';
import type { RawValue } from './pgoutputMessage.ts';

/** What a column's type is, as far as its JSON form depends on it. */
export type ColumnKind =
  | 'integer'
  | 'float'
  | 'boolean'
  | 'numeric'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'bytea'
  | 'text';

export interface ColumnType {
  readonly kind: ColumnKind;
  readonly isArray: boolean;
  /** Digits after the decimal point (numeric) or of the fraction of a second (timestamptz). */
  readonly scale: number;
}

/** Settings of the connector that change how values are written. */
export interface ValueModes {
  readonly binary: 'bytes' | 'base64' | 'hex';
  readonly interval: 'numeric' | 'string';
}

export const UNAVAILABLE_VALUE = '__debezium_unavailable_value';

const kinds: Readonly<Record<string, ColumnKind>> = {
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  oid: 'integer',
  float4: 'float',
  float8: 'float',
  bool: 'boolean',
  numeric: 'numeric',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  interval: 'interval',
  bytea: 'bytea',
};

const DEFAULT_FRACTION_DIGITS = 6;

/** The type by its name in pg_type (the element's for an array) and its modifier. */
export function columnType(typeName: string, isArray: boolean, typeModifier: number): ColumnType {
  const kind = kinds[typeName] ?? 'text';
  if (kind === 'numeric') return { kind, isArray, scale: typeModifier < 0 ? 0 : (typeModifier - 4) & 0x7ff };
  return { kind, isArray, scale: typeModifier < 0 ? DEFAULT_FRACTION_DIGITS : typeModifier };
}

/** The JSON text of a value: digits are copied, never parsed, so that 64-bit numbers and decimals stay exact. */
export function jsonOfValue(type: ColumnType, raw: RawValue, modes: ValueModes): string {
  if (raw === null) return 'null';
  if (type.isArray)
    return raw === undefined ? `["${UNAVAILABLE_VALUE}"]` : jsonOfArray(type, parseArrayText(raw), modes);
  return raw === undefined ? jsonOfUnavailable(type, modes) : jsonOfScalar(type, raw, modes);
}

/** What stands in the place of a column that is NOT NULL but not known, such as in `before` of a delete by key. */
export function emptyValue(type: ColumnType): string {
  if (type.isArray) return '[]';
  switch (type.kind) {
    case 'integer':
      return '0';
    case 'float':
      return '0.0';
    case 'boolean':
      return 'false';
    case 'numeric':
      return JSON.stringify(type.scale > 0 ? `0.${'0'.repeat(type.scale)}` : '0');
    case 'date':
      return '"1970-01-01Z"';
    case 'time':
      return '"00:00:00Z"';
    case 'timestamp':
      return '"1970-01-01T00:00:00Z"';
    case 'timestamptz':
      return JSON.stringify(isoZonedTimestamp('1970-01-01 00:00:00+00', type.scale));
    case 'interval':
      return '0';
    case 'bytea':
    case 'text':
      return '""';
    default:
      return type.kind satisfies never;
  }
}

function jsonOfArray(type: ColumnType, items: ArrayText, modes: ValueModes): string {
  const written = items.map((item) => {
    if (item === null) return 'null';
    return typeof item === 'string' ? jsonOfScalar(type, item, modes) : jsonOfArray(type, item, modes);
  });
  return `[${written.join(',')}]`;
}

function jsonOfUnavailable(type: ColumnType, modes: ValueModes): string {
  if (type.kind !== 'bytea') return `"${UNAVAILABLE_VALUE}"`;
  return JSON.stringify(Buffer.from(UNAVAILABLE_VALUE).toString(modes.binary === 'hex' ? 'hex' : 'base64'));
}

function jsonOfScalar(type: ColumnType, raw: string, modes: ValueModes): string {
  switch (type.kind) {
    case 'integer':
      return raw;
    case 'float':
      return jsonOfFloat(raw);
    case 'boolean':
      return raw === 't' ? 'true' : 'false';
    case 'numeric':
      return JSON.stringify(numericText(raw));
    case 'date':
      return JSON.stringify(isoDate(raw));
    case 'time':
      return JSON.stringify(isoTime(raw));
    case 'timestamp':
      return JSON.stringify(isoTimestamp(raw));
    case 'timestamptz':
      return JSON.stringify(isoZonedTimestamp(raw, type.scale));
    case 'interval':
      return modes.interval === 'string' ? JSON.stringify(isoInterval(raw)) : String(intervalMicros(raw));
    case 'bytea':
      return JSON.stringify(
        modes.binary === 'hex' ? raw.slice(2) : Buffer.from(raw.slice(2), 'hex').toString('base64'),
      );
    case 'text':
      return JSON.stringify(raw);
    default:
      return type.kind satisfies never;
  }
}

function numericText(raw: string): string {
  if (raw === 'NaN') return 'NAN';
  if (raw === 'Infinity') return 'POSITIVE_INFINITY';
  return raw === '-Infinity' ? 'NEGATIVE_INFINITY' : raw;
}

function jsonOfFloat(raw: string): string {
  if (!/^[-\d]/.test(raw) || raw === '-Infinity') return JSON.stringify(raw);
  return /^-?\d+$/.test(raw) ? `${raw}.0` : raw;
}
