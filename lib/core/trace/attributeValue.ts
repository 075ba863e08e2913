// What an OpenTelemetry attribute may hold once it is fit for the store: JSON without NUL, lone surrogates, NaN or
// infinities, bounded in depth, length and number. Whatever had to be changed for that is said in a warning.

export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

/** Why a span is kept but left out of latency. */
export const SPAN_WARNINGS = [
  'time_out_of_range',
  'clock_skew',
  'end_before_start',
  'invalid_text',
  'not_a_number',
  'attributes_dropped',
  'value_truncated',
  'nesting_cut',
  'parent_id_invalid',
  'name_truncated',
  'events_dropped',
  'links_dropped',
] as const;
export type SpanWarning = (typeof SPAN_WARNINGS)[number];

export const MAX_ATTRIBUTES = 128;
export const MAX_ELEMENTS = 128;
export const MAX_DEPTH = 32;
/** UTF-16 units. */
export const MAX_VALUE_LENGTH = 16_384;
export const MAX_KEY_LENGTH = 256;

/** The warnings of one span, each once. */
export class Warnings {
  readonly list: SpanWarning[] = [];

  add(warning: SpanWarning): void {
    if (!this.list.includes(warning)) this.list.push(warning);
  }
}

/** Text that PostgreSQL accepts: NUL becomes ␀, a lone surrogate U+FFFD; longer than `maxLength` is cut. */
export function cleanText(text: string, maxLength: number, warnings: Warnings): string {
  let clean = text;
  if (clean.length > maxLength) {
    clean = clean.slice(0, maxLength);
    warnings.add('value_truncated');
    // The cut may have parted a pair: not the sender's fault, so no second warning.
    clean = clean.toWellFormed();
  }
  if (clean.includes('\0')) {
    clean = clean.replaceAll('\0', '\u2400');
    warnings.add('invalid_text');
  }
  if (!clean.isWellFormed()) {
    clean = clean.toWellFormed();
    warnings.add('invalid_text');
  }
  return clean;
}

/** A double as JSON can hold it; NaN and the infinities become their names. */
export function cleanNumber(value: number, warnings: Warnings): AttributeValue {
  if (Number.isFinite(value)) return value;
  warnings.add('not_a_number');
  return String(value);
}

/** A 64-bit integer as JSON can hold it exactly: a number where it is safe, else its digits. */
export function cleanInteger(value: bigint): AttributeValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** The attributes of one span, event or link: the first 128 are kept, the rest counted. */
export class AttributeCollector {
  readonly values: Record<string, AttributeValue> = Object.create(null);
  readonly warnings: Warnings;
  dropped = 0;
  #size = 0;

  constructor(warnings: Warnings) {
    this.warnings = warnings;
  }

  /** True when a further attribute would only be counted, so that its value need not be read. */
  get isFull(): boolean {
    return this.#size >= MAX_ATTRIBUTES;
  }

  drop(): void {
    this.dropped += 1;
    this.warnings.add('attributes_dropped');
  }

  /** @param value already clean (cleanText, cleanNumber, cleanInteger). */
  add(key: string, value: AttributeValue): void {
    if (this.isFull) {
      this.drop();
      return;
    }
    const clean = cleanText(key, MAX_KEY_LENGTH, this.warnings);
    if (clean === '') return;
    if (!(clean in this.values)) this.#size += 1;
    this.values[clean] = value;
  }
}
