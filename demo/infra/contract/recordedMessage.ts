import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const recorded = z.object({
  topic: z.string(),
  headers: z.record(z.string(), z.string()),
  key: z.string().nullable(),
  value: z.string().nullable(),
});

/** A message recorded from Debezium, key and value as raw text. */
export type RecordedMessage = z.infer<typeof recorded>;

export function recordedMessage(name: string): RecordedMessage {
  const path = fileURLToPath(new URL(`../debezium-fixtures/${name}.json`, import.meta.url));
  return recorded.parse(JSON.parse(readFileSync(path, 'utf8')));
}

// Fields that name one run: its clock, positions and connector. Their presence, order and type are still compared.
const MASKED = new Set(['version', 'name', 'db', 'sequence', 'txId', 'lsn', 'ts_ms', 'ts_us', 'ts_ns']);
// With `null` values kept as they are, a recording says null where the default converter says "false".
const STREAMED = new Set([null, 'false']);

const object = z.record(z.string(), z.unknown());

/** Parses JSON with whole numbers of 16 digits and more as text, so that none is rounded. */
export function exactJson(raw: string): unknown {
  return JSON.parse(
    raw.replace(
      /("(?:[^"\\]|\\.)*")|(-?\d{16,})(?![\d.eE])/g,
      (_, text?: string, digits?: string) => text ?? `"${digits}"`,
    ),
  );
}

/** The envelope as a list of its fields in their order, with what differs between runs replaced by its type. */
export function comparable(raw: string | null): unknown {
  if (raw === null) return null;
  const { source, ...rest } = object.parse(exactJson(raw));
  return {
    keys: Object.keys(object.parse(exactJson(raw))),
    envelope: masked(rest),
    source: masked(object.parse(source)),
  };
}

function masked(fields: Record<string, unknown>): [string, unknown][] {
  return Object.entries(fields).map(([name, value]) => {
    if (MASKED.has(name)) return [name, shape(value)];
    if (name === 'transaction') return [name, 'any'];
    // Whether a row of the snapshot is its first or last depends on the tables beside it.
    if (name === 'snapshot')
      return [name, STREAMED.has(typeof value === 'string' ? value : null) ? 'streamed' : 'read'];
    if (name === 'before' || name === 'after') return [name, value === null ? null : rowOf(object.parse(value))];
    return [name, value];
  });
}

/** Fillers of columns that a key-only image does not hold differ between releases: the epoch with or without a fraction. */
function rowOf(row: Record<string, unknown>): [string, unknown][] {
  return Object.entries(row).map(([name, value]) => [
    name,
    value === '1970-01-01T00:00:00.000000Z' ? '1970-01-01T00:00:00Z' : value,
  ]);
}

function shape(value: unknown): string {
  if (typeof value === 'string' && value.startsWith('[')) return value.replace(/\d+/g, 'n').replace('null', '"n"');
  return typeof value === 'string' && /^\d+$/.test(value)
    ? 'digits'
    : typeof value === 'number'
      ? 'digits'
      : typeof value;
}
