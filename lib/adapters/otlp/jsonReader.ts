import { parse as parseExactly } from 'lossless-json';
import { BanyanError, messageOf } from '../../errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const LONG_NUMBER = /\d{16}/;

/**
 * Parses JSON so that integers past 2^53 arrive as their digits (a string) instead of a rounded number.
 * @throws BanyanError `bad_input` with the parser's words.
 */
export function parseJson(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    const plain: unknown = JSON.parse(text);
    return LONG_NUMBER.test(text) && hasUnsafeInteger(plain) ? parseExactly(text, undefined, { parseNumber }) : plain;
  } catch (error) {
    throw new BanyanError('bad_input', `the body is no JSON: ${messageOf(error).slice(0, 200)}`, { cause: error });
  }
}

function parseNumber(digits: string): number | string {
  const number = Number(digits);
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? digits : number;
}

/** Walks with a stack of its own: nesting is the sender's choice. */
function hasUnsafeInteger(root: unknown): boolean {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return true;
    if (Array.isArray(value)) for (const element of value) open.push(element);
    else if (isObject(value)) for (const key in value) open.push(value[key]);
  }
  return false;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(path: string, found: unknown, expected: string): BanyanError {
  const shown =
    typeof found === 'object' ? (Array.isArray(found) ? 'a list' : 'an object') : String(found).slice(0, 60);
  return new BanyanError('bad_input', `${path} is ${shown}, expected ${expected}`);
}

/** The fields of a proto3 JSON message: absent and null mean the default; another type is bad data, named by its path. */
export class JsonMessage {
  readonly #value: JsonObject;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    if (!isObject(value)) throw wrong(path, value, 'an object');
    this.#value = value;
    this.#path = path;
  }

  has(field: string): boolean {
    return this.#value[field] !== undefined && this.#value[field] !== null;
  }

  text(field: string): string {
    const value = this.#value[field];
    if (value === undefined || value === null) return '';
    if (typeof value !== 'string') throw wrong(`${this.#path}.${field}`, value, 'text');
    return value;
  }

  message(field: string): JsonMessage | undefined {
    const value = this.#value[field];
    return value === undefined || value === null ? undefined : new JsonMessage(value, `${this.#path}.${field}`);
  }

  messages(field: string): JsonMessage[] {
    const value = this.#value[field];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw wrong(`${this.#path}.${field}`, value, 'a list');
    return value.map((element, i) => new JsonMessage(element, `${this.#path}.${field}[${i}]`));
  }

  int32(field: string): number {
    const value = this.#value[field];
    if (value === undefined || value === null) return 0;
    const number = typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || (number | 0) !== number)
      throw wrong(`${this.#path}.${field}`, value, 'an integer');
    return number;
  }

  /** A 64-bit integer, as a number or as text. Whether it fits 64 bits is for the caller to judge. */
  int64(field: string): bigint {
    const value = this.#value[field];
    if (value === undefined || value === null || value === '') return 0n;
    if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
    if (typeof value === 'string' && /^-?\d{1,40}$/.test(value)) return BigInt(value);
    throw wrong(`${this.#path}.${field}`, value, 'a 64-bit integer');
  }

  double(field: string): number {
    const value = this.#value[field];
    if (typeof value === 'number') return value;
    if (
      typeof value === 'string' &&
      (/^(NaN|-?Infinity)$/.test(value) || (value !== '' && !Number.isNaN(Number(value))))
    )
      return Number(value);
    throw wrong(`${this.#path}.${field}`, value, 'a number');
  }

  bool(field: string): boolean {
    const value = this.#value[field];
    if (typeof value !== 'boolean') throw wrong(`${this.#path}.${field}`, value, 'true or false');
    return value;
  }
}
