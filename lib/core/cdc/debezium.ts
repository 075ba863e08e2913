// What a record of a change topic says. Debezium's envelope, with or without the {schema, payload} wrapper, becomes
// one of five outcomes; nothing is guessed and nothing throws: what can't be read is a dead letter with its reason.
// 64-bit values stay exact: a message is parsed a second time, exactly, only if a value that is used was rounded.
import { ID_BYTES, isPlausibleMs, isTooLong } from '../bounds.ts';
import { type ColumnShape, columnProblem } from './columnShape.ts';
import { exactText, keyText } from './keyText.ts';
import { parseExactly } from './parseExactly.ts';

export type ChangeOp = 'c' | 'u' | 'd' | 'r';

/** Position of a change in its source's log, as decimal text: the commit before its transaction, then its own LSN. */
export interface LogPosition {
  readonly commitLsn: string | null;
  readonly lsn: string;
}

export interface Change {
  readonly kind: 'change';
  readonly op: ChangeOp;
  readonly key: string;
  /** Builds the JSON object {column: exact text or null} of the mapped columns; null after a delete. */
  readonly after: () => string | null;
  /** Read by a snapshot: a row, not an event, so it has no latency. */
  readonly snapshot: boolean;
  /** Read by an incremental snapshot, between the events of the log. */
  readonly incremental: boolean;
  /** When the change was committed at the source; microseconds since 1970. */
  readonly sourceTsUs: number;
  /** When the connector handled it; microseconds since 1970. */
  readonly connectorTsUs: number;
  readonly position: LogPosition | null;
  readonly txId: string | null;
  /** Written under a replication origin, so by an applier; false also where capture does not tell. */
  readonly byApplier: boolean;
}

export type DeadReason = 'json' | 'envelope' | 'schema' | 'format' | 'saga' | 'bounds' | 'store';

export type CdcOutcome =
  | Change
  | { readonly kind: 'tombstone' }
  | { readonly kind: 'heartbeat'; readonly server: string; readonly tsUs: number }
  | { readonly kind: 'ignored'; readonly what: 'transaction' | 'message' | 'truncate' }
  | { readonly kind: 'dead'; readonly reason: DeadReason; readonly detail: string };

/** The columns of a change topic that some mapping uses. */
export interface UsedColumns {
  readonly key: readonly string[];
  readonly compared: readonly string[];
}

type Fields = { readonly [name: string]: unknown };

const dead = (reason: DeadReason, detail: string): CdcOutcome => ({ kind: 'dead', reason, detail });

const OTHER_AGE = "the source's time is not between 1970 and 2200";

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The payload of a message of Connect's JSON converter, whether or not its schemas are switched on. */
function unwrap(value: Fields): unknown {
  return 'payload' in value && 'schema' in value ? value.payload : value;
}

/** Kinds of events that say what a row is now. */
const UPSERTS: ReadonlySet<unknown> = new Set(['c', 'u', 'r']);
const BEFORE = '{"before":{';
const AFTER = '},"after":{';

/**
 * Parses an envelope without its image before the change, up to half of the text, which only a delete needs. A quote
 * within a text is escaped, so AFTER is never part of one. Where it stands deeper, in a row with a column of that name
 * behind a struct, what follows closes more than it opens and is no JSON: then, as for all else, everything is parsed.
 */
function parseEnvelope(text: string, parse: (text: string) => unknown): unknown {
  const end = text.startsWith(BEFORE) ? text.indexOf(AFTER, BEFORE.length - 1) : -1;
  if (end >= 0) {
    try {
      const parsed = parse(`{${text.slice(end + 2)}`);
      // Another order of the fields may put more than the image before the change in front of AFTER.
      const isWhole = isFields(parsed) && isFields(parsed.source) && 'ts_ms' in parsed && UPSERTS.has(parsed.op);
      if (isWhole) return parsed;
    } catch {
      // The whole text says what is wrong, if anything is.
    }
  }
  return parse(text);
}

/** Decodes one record of a change, heartbeat or transaction topic. `shape` learns the columns' types from what passes. */
export function decodeCdc(valueText: string | null, columns: UsedColumns, shape: ColumnShape): CdcOutcome {
  if (valueText === null) return { kind: 'tombstone' };
  if (valueText.charCodeAt(0) === 0) {
    return dead('format', 'the value is framed for a schema registry (Avro or Protobuf): set the JSON converter');
  }
  let parsed: unknown;
  try {
    parsed = parseEnvelope(valueText, JSON.parse);
  } catch (error) {
    return dead('json', `the value is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const payload = isFields(parsed) ? unwrap(parsed) : parsed;
  if (payload === null) return { kind: 'tombstone' };
  if (!isFields(payload))
    return dead('envelope', 'the value is JSON but not an object: a Debezium envelope is expected');
  return readEnvelope(payload, valueText, columns, shape);
}

function readEnvelope(payload: Fields, valueText: string, columns: UsedColumns, shape: ColumnShape): CdcOutcome {
  const { op, source } = payload;
  if (op === undefined) return readWithoutOp(payload);
  if (op === 'm') return { kind: 'ignored', what: 'message' };
  if (op === 't') return { kind: 'ignored', what: 'truncate' };
  if (op !== 'c' && op !== 'u' && op !== 'd' && op !== 'r') {
    return dead('envelope', `op is ${JSON.stringify(op)}; c, u, d, r, t or m is expected`);
  }
  if (!isFields(source)) return dead('envelope', 'the envelope has no source: was it flattened by a transform?');
  const sourceTsUs = microseconds(source);
  if (sourceTsUs === null) return dead('envelope', 'source.ts_ms is missing or not a number');
  const row = op === 'd' ? payload.before : payload.after;
  if (!isFields(row))
    return dead('envelope', `${op === 'd' ? 'before' : 'after'} is missing from an event of op ${op}`);
  const problem = columnProblem(row, columns, op === 'd', shape);
  if (problem !== null) return dead('schema', `${tableOf(source)}: ${problem}`);
  const key = rowKey(row, columns) ?? rowKey(exactRow(valueText, op), columns) ?? '[]';
  if (isTooLong(key)) return dead('bounds', `the row's key is longer than ${ID_BYTES} bytes`);
  if (!isPlausibleMs(sourceTsUs / 1000)) return dead('bounds', OTHER_AGE);
  const { snapshot, txId } = source;
  if (typeof txId === 'number' && !Number.isSafeInteger(txId)) return dead('envelope', `source.txId is ${txId}`);
  return {
    kind: 'change',
    op,
    key,
    after: () => (op === 'd' ? null : (rowText(row, columns) ?? rowText(exactRow(valueText, op), columns))),
    snapshot: op === 'r' || (snapshot !== undefined && snapshot !== null && snapshot !== false && snapshot !== 'false'),
    incremental: snapshot === 'incremental',
    sourceTsUs,
    connectorTsUs: microseconds(payload) ?? sourceTsUs,
    position: positionOf(source),
    txId: typeof txId === 'number' ? String(txId) : null,
    byApplier: typeof source.origin === 'string' && source.origin !== '',
  };
}

function readWithoutOp(payload: Fields): CdcOutcome {
  if (payload.status === 'BEGIN' || payload.status === 'END') return { kind: 'ignored', what: 'transaction' };
  const tsUs = microseconds(payload);
  if (tsUs !== null && !('source' in payload)) {
    return isPlausibleMs(tsUs / 1000) ? { kind: 'heartbeat', server: '', tsUs } : dead('bounds', OTHER_AGE);
  }
  return dead('envelope', 'the value has no op: a Debezium envelope is expected (was it flattened by a transform?)');
}

/** Microseconds from ts_us, else from ts_ms. ts_ns is never used: JSON.parse rounds it. */
function microseconds(fields: Fields): number | null {
  const us = fields.ts_us;
  if (typeof us === 'number' && Number.isSafeInteger(us)) return us;
  const ms = fields.ts_ms;
  return typeof ms === 'number' && Number.isSafeInteger(ms * 1000) ? ms * 1000 : null;
}

const SEQUENCE = /^\[(?:null|"(\d+)"),\s*"(\d+)"\]$/;

/** Null without a sequence: `lsn` alone does not grow from transaction to transaction, so it orders nothing. */
function positionOf({ sequence }: Fields): LogPosition | null {
  const match = typeof sequence === 'string' ? SEQUENCE.exec(sequence) : null;
  return match?.[2] === undefined ? null : { commitLsn: match[1] ?? null, lsn: match[2] };
}

function tableOf(source: Fields): string {
  return `${String(source.schema ?? '?')}.${String(source.table ?? '?')}`;
}

/** Text of the key, or null if one of its columns was rounded. */
function rowKey(row: Fields, columns: UsedColumns): string | null {
  const texts: (string | null)[] = [];
  for (const column of columns.key) {
    const text = exactText(row[column]);
    if (text === undefined) return null;
    texts.push(text);
  }
  return keyText(texts);
}

/** Text of the compared columns, or null if one of them was rounded. */
function rowText(row: Fields, columns: UsedColumns): string | null {
  const texts: Record<string, string | null> = {};
  for (const column of columns.compared) {
    const text = exactText(row[column]);
    if (text === undefined) return null;
    texts[column] = text;
  }
  return JSON.stringify(texts);
}

/** The row again, with every long integer as a string of its digits. */
function exactRow(valueText: string, op: ChangeOp): Fields {
  const parsed = parseEnvelope(valueText, parseExactly);
  const payload = isFields(parsed) ? unwrap(parsed) : null;
  const row = isFields(payload) ? payload[op === 'd' ? 'before' : 'after'] : null;
  return isFields(row) ? row : {};
}

/** The server that a heartbeat's record key names, or '' where it names none. */
export function heartbeatServer(keyTextJson: string | null): string {
  if (keyTextJson === null) return '';
  try {
    const parsed: unknown = JSON.parse(keyTextJson);
    const payload = isFields(parsed) ? unwrap(parsed) : null;
    return isFields(payload) && typeof payload.serverName === 'string' ? payload.serverName : '';
  } catch {
    return '';
  }
}
