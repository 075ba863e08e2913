import { jsonOfValue, type ValueModes } from './columnValue.ts';
import type { RawValue } from './pgoutputMessage.ts';
import type { TableDescription } from './tableDescription.ts';

/** Version that the envelopes name: the Debezium release whose format they follow. */
const FORMAT_VERSION = '3.6.3.Final';

export type SnapshotMark = 'first' | 'first_in_data_collection' | 'true' | 'last_in_data_collection' | 'last' | 'false';

/** The place of an event in its database, as the `source` block tells it. */
export interface EventSource {
  readonly connector: string;
  readonly database: string;
  readonly snapshot: SnapshotMark;
  /** End of the last transaction that was completely sent before this one. */
  readonly lastCommitLsn: bigint | null;
  readonly lsn: bigint;
  readonly txId: bigint;
  /** Time of the commit, or of the snapshot. */
  readonly atUs: bigint;
  /** Under which replication origin it was written; null if under none. */
  readonly origin: { readonly name: string; readonly lsn: bigint } | null;
}

export function sourceJson(source: EventSource, { schema, table }: TableDescription): string {
  const last = source.lastCommitLsn === null ? 'null' : `"${source.lastCommitLsn}"`;
  const sequence = JSON.stringify(`[${last},"${source.lsn}"]`);
  return (
    `{"version":"${FORMAT_VERSION}","connector":"postgresql","name":${JSON.stringify(source.connector)},` +
    `"ts_ms":${source.atUs / 1000n},"snapshot":"${source.snapshot}","db":${JSON.stringify(source.database)},` +
    `"sequence":${sequence},"ts_us":${source.atUs},"ts_ns":${source.atUs}000,` +
    `"schema":${JSON.stringify(schema)},"table":${JSON.stringify(table)},"txId":${source.txId},"lsn":${source.lsn},` +
    `"xmin":null,"origin":${JSON.stringify(source.origin?.name ?? null)},"origin_lsn":${source.origin?.lsn ?? null}}`
  );
}

/** The row image; `undefined` values are TOASTed ones that pgoutput did not send. */
export function rowJson(table: TableDescription, values: readonly RawValue[], modes: ValueModes): string {
  const fields = table.columns.map(({ label, type }, i) => label + jsonOfValue(type, values[i], modes));
  return `{${fields.join(',')}}`;
}

/** `before` of a delete without the full row: the key, everything else filled so that NOT NULL columns hold a value. */
export function keyOnlyRowJson(table: TableDescription, values: readonly RawValue[], modes: ValueModes): string {
  const fields = table.columns.map(({ label, type, filler }, i) => {
    const value = values[i];
    return label + (table.keyPositions.includes(i) && value !== null ? jsonOfValue(type, value, modes) : filler);
  });
  return `{${fields.join(',')}}`;
}

/** The message key, or null for a table without a primary key. */
export function keyJson(table: TableDescription, values: readonly RawValue[], modes: ValueModes): string | null {
  if (table.keyPositions.length === 0) return null;
  const fields = table.keyPositions.map((position) => {
    const column = table.columns[position];
    return column === undefined ? '' : column.label + jsonOfValue(column.type, values[position], modes);
  });
  return `{${fields.join(',')}}`;
}

/** The whole value; `nowUs` is the connector's own clock. */
export function envelopeJson(
  op: 'c' | 'u' | 'd' | 'r',
  before: string | null,
  after: string | null,
  source: string,
  nowUs: bigint,
): string {
  return (
    `{"before":${before},"after":${after},"source":${source},"transaction":null,"op":"${op}",` +
    `"ts_ms":${nowUs / 1000n},"ts_us":${nowUs},"ts_ns":${nowUs}000}`
  );
}
