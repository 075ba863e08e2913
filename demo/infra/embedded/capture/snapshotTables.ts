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
  try {
    await client.query('begin isolation level repeatable read read only');
    if (job.exported !== undefined) await client.query(`set transaction snapshot ${pg.escapeLiteral(job.exported)}`);
    for (const [index, table] of job.tables.entries()) {
      const description = await describeTable(client, table.oid, job.config.modes);
      await snapshotTable(client, job, description, index === 0, index === job.tables.length - 1);
    }
    await client.query('commit');
  } finally {
    await client.end();
  }
}

async function snapshotTable(
  client: pg.ClientBase,
  job: SnapshotJob,
  table: TableDescription,
  isFirst: boolean,
  isLast: boolean,
): Promise<void> {
  const columns = table.columns.map(({ name }) => pg.escapeIdentifier(name)).join(', ');
  const from = `${pg.escapeIdentifier(table.schema)}.${pg.escapeIdentifier(table.table)}`;
  await client.query(`declare snapshot_rows no scroll cursor for select ${columns} from ${from}`);
  const atUs = clockUs();
  const topic = `${job.config.topicPrefix}.${table.schema}.${table.table}`;
  const read = async (): Promise<(string | null)[][]> =>
    rows.parse((await client.query({ text: `fetch ${FETCH_ROWS} from snapshot_rows`, rowMode: 'array' })).rows);
  let isFirstRow = true;
  for (let page = await read(); page.length > 0; ) {
    const next = page.length < FETCH_ROWS ? [] : await read();
    const records = page.map((values, i): CaptureRecord => {
      const mark = markOf(isFirst, isLast, isFirstRow, next.length === 0 && i === page.length - 1);
      isFirstRow = false;
      const source = sourceJson(sourceOf(job, mark, atUs), table);
      const after = rowJson(table, values, job.config.modes);
      const value = envelopeJson('r', null, after, source, clockUs());
      return { topic, key: keyJson(table, values, job.config.modes), value, headers: job.headers };
    });
    for (const record of records) await job.emit([record]);
    page = next;
  }
  await client.query('close snapshot_rows');
}

function markOf(isFirstTable: boolean, isLastTable: boolean, isFirstRow: boolean, isLastRow: boolean): SnapshotMark {
  if (isLastRow) return isLastTable ? 'last' : 'last_in_data_collection';
  if (isFirstRow) return isFirstTable ? 'first' : 'first_in_data_collection';
  return 'true';
}

const sourceOf = ({ config, lsn, txId }: SnapshotJob, snapshot: SnapshotMark, atUs: bigint): EventSource => ({
  connector: config.topicPrefix,
  database: config.database.database,
  snapshot,
  lastCommitLsn: null,
  lsn,
  txId,
  atUs,
});
