import pg from 'pg';
import { z } from 'zod';
import type { CaptureRecord } from './captureRecord.ts';
import { clockUs } from './clockUs.ts';
import type { ConnectorConfig } from './connectorConfig.ts';
import { connect } from './databaseClient.ts';
import { type EventSource, envelopeJson, keyJson, rowJson, type SnapshotMark, sourceJson } from './envelope.ts';
import type { CapturedTable } from './publication.ts';
import { describeTable, type TableDescription } from './tableDescription.ts';

const FETCH_ROWS = 2000;
const rows = z.array(z.array(z.string().nullable()));

export interface SnapshotJob {
  readonly config: ConnectorConfig;
  readonly tables: readonly CapturedTable[];
  /** Exported with a new slot; without one the snapshot is taken now. */
  readonly exported: string | undefined;
  readonly lsn: bigint;
  readonly txId: bigint;
  readonly headers: Readonly<Record<string, string>>;
  readonly emit: (records: readonly CaptureRecord[]) => Promise<void> | undefined;
}

/** Reads every captured table in one snapshot and emits an `r` event for each row. */
export async function snapshotTables(job: SnapshotJob): Promise<void> {
  const client = await connect(job.config);
  const rowsToMark = new LastRowMarker(job.emit);
  try {
    await client.query('begin isolation level repeatable read read only');
    if (job.exported !== undefined) await client.query(`set transaction snapshot ${pg.escapeLiteral(job.exported)}`);
    for (const [index, table] of job.tables.entries()) {
      const description = await describeTable(client, table.oid, job.config.modes);
      await snapshotTable(client, job, description, index === 0, rowsToMark);
    }
    await client.query('commit');
    await rowsToMark.finish();
  } finally {
    await client.end();
  }
}

type UnmarkedRow = (mark: SnapshotMark) => CaptureRecord;

/** Holds one row back: the last of all is marked as such, even where the tables after its own are empty. */
class LastRowMarker {
  private readonly emit: SnapshotJob['emit'];
  private held: { readonly row: UnmarkedRow; readonly mark: SnapshotMark } | undefined;

  constructor(emit: SnapshotJob['emit']) {
    this.emit = emit;
  }

  async add(row: UnmarkedRow, mark: SnapshotMark): Promise<void> {
    const { held } = this;
    this.held = { row, mark };
    if (held !== undefined) await this.emit([held.row(held.mark)]);
  }

  async finish(): Promise<void> {
    const { held } = this;
    this.held = undefined;
    if (held !== undefined) await this.emit([held.row('last')]);
  }
}

async function snapshotTable(
  client: pg.ClientBase,
  job: SnapshotJob,
  table: TableDescription,
  isFirst: boolean,
  rowsToMark: LastRowMarker,
): Promise<void> {
  const columns = table.columns.map(({ name }) => pg.escapeIdentifier(name)).join(', ');
  const from = `${pg.escapeIdentifier(table.schema)}.${pg.escapeIdentifier(table.table)}`;
  await client.query(`declare snapshot_rows no scroll cursor for select ${columns} from ${from}`);
  const atUs = clockUs();
  const read = async (): Promise<(string | null)[][]> =>
    rows.parse((await client.query({ text: `fetch ${FETCH_ROWS} from snapshot_rows`, rowMode: 'array' })).rows);
  let isFirstRow = true;
  for (let page = await read(); page.length > 0; ) {
    const next = page.length < FETCH_ROWS ? [] : await read();
    for (const [i, values] of page.entries()) {
      const isLastRow = next.length === 0 && i === page.length - 1;
      await rowsToMark.add(
        (mark) => readRecord(job, table, values, mark, atUs),
        markOf(isFirst, isFirstRow, isLastRow),
      );
      isFirstRow = false;
    }
    page = next;
  }
  await client.query('close snapshot_rows');
}

function readRecord(
  job: SnapshotJob,
  table: TableDescription,
  values: readonly (string | null)[],
  mark: SnapshotMark,
  atUs: bigint,
): CaptureRecord {
  const { topicPrefix, modes } = job.config;
  const source = sourceJson(sourceOf(job, mark, atUs), table);
  const value = envelopeJson('r', null, rowJson(table, values, modes), source, clockUs());
  const topic = `${topicPrefix}.${table.schema}.${table.table}`;
  return { topic, key: keyJson(table, values, modes), value, headers: job.headers };
}

function markOf(isFirstTable: boolean, isFirstRow: boolean, isLastRow: boolean): SnapshotMark {
  if (isLastRow) return 'last_in_data_collection';
  if (isFirstRow) return isFirstTable ? 'first' : 'first_in_data_collection';
  return 'true';
}

const sourceOf = ({ config, lsn, txId }: SnapshotJob, snapshot: SnapshotMark, atUs: bigint): EventSource => ({
  connector: config.topicPrefix,
  database: config.database.database,
  snapshot,
  lastCommitLsn: null,
  origin: null,
  lsn,
  txId,
  atUs,
});
