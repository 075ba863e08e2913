import pg from 'pg';
import { z } from 'zod';
import { CaptureFailure } from './captureFailure.ts';
import type { ConnectorConfig } from './connectorConfig.ts';

export interface CapturedTable {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
}

const tables = z.array(z.object({ oid: z.string(), schema: z.string(), table: z.string() }));

/** The tables that `table.include.list` names, by schema and name. @throws CaptureFailure if there is none */
export async function findTables(client: pg.ClientBase, config: ConnectorConfig): Promise<CapturedTable[]> {
  const found = await client.query(
    `select c.oid, n.nspname as schema, c.relname as "table" from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
      order by n.nspname collate "C", c.relname collate "C"`,
  );
  const wanted = tables
    .parse(found.rows)
    .filter(({ schema, table }) => config.tablePatterns.some((pattern) => pattern.test(`${schema}.${table}`)));
  if (wanted.length === 0)
    throw new CaptureFailure(
      `table.include.list of connector ${config.name} matches no table of ${config.database.database}`,
    );
  return wanted.map(({ oid, schema, table }) => ({ oid: Number(oid), schema, table }));
}

/** Makes the publication, or gives it the captured tables, unless the connector is told to leave it alone. */
export async function ensurePublication(
  client: pg.ClientBase,
  config: ConnectorConfig,
  captured: readonly CapturedTable[],
): Promise<void> {
  if (!config.managesPublication) return;
  const name = pg.escapeIdentifier(config.publication);
  const list = captured.map(({ schema, table }) => `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`);
  const known = await client.query('select 1 from pg_publication where pubname = $1', [config.publication]);
  if (known.rowCount === 0) {
    await client.query(`create publication ${name} for table ${list.join(', ')}`);
    return;
  }
  const held = await client.query(
    'select schemaname, tablename from pg_publication_tables where pubname = $1 order by schemaname collate "C", tablename collate "C"',
    [config.publication],
  );
  const names = z.array(z.object({ schemaname: z.string(), tablename: z.string() })).parse(held.rows);
  const isSame =
    names.map(({ schemaname, tablename }) => `${schemaname}.${tablename}`).join() ===
    captured.map(({ schema, table }) => `${schema}.${table}`).join();
  if (!isSame) await client.query(`alter publication ${name} set table ${list.join(', ')}`);
}
