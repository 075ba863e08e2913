import { z } from 'zod';
import type { TableMapping } from '../../core/migration/definition.ts';
import { BanyanError } from '../../errors.ts';
import { assertReadOnlyRole } from './assertReadOnlyRole.ts';
import { type CatalogueColumn, type CatalogueTable, findTable } from './catalogue.ts';
import { planColumn, planKey } from './columnPlan.ts';
import type { SourceDatabase } from './sourceDatabase.ts';
import type { SidePlan } from './tablePlan.ts';

const Server = z.object({ version: z.coerce.number(), standby: z.boolean() });
const SERVER = `select current_setting('server_version_num')::int as version, pg_is_in_recovery() as standby`;

export interface TablePlan {
  readonly source: SidePlan;
  readonly target: SidePlan;
  /** True if the source's index keeps the common order of keys: ranges may then be small. */
  readonly indexed: boolean;
}

/**
 * Checks roles, servers, tables and columns of both sides and decides how each column is compared.
 * @throws BanyanError with the place and the fix
 */
export async function planTable(mapping: TableMapping, from: SourceDatabase, to: SourceDatabase): Promise<TablePlan> {
  await Promise.all([assertReadOnlyRole(from), assertReadOnlyRole(to)]);
  const [major, otherMajor] = await Promise.all([primaryMajor(from), primaryMajor(to)]);
  const [source, target] = await Promise.all([
    findTable(
      from,
      mapping.source,
      mapping.columns.map((column) => column.from),
    ),
    findTable(
      to,
      mapping.target,
      mapping.columns.map((column) => column.to),
    ),
  ]);
  if (mapping.source.key.length !== mapping.target.key.length) {
    throw new BanyanError('bad_config', `table ${mapping.id}: the keys of source and target differ in length`, {
      fix: 'name the same key columns, in the same order, on both sides',
    });
  }
  const sameMajor = major === otherMajor;
  const columns = mapping.columns.map((pair) =>
    planColumn(pair, columnNamed(source, pair.from), columnNamed(target, pair.to), sameMajor),
  );
  const keys = mapping.source.key.map((name, i) => {
    const a = columnNamed(source, name);
    const b = columnNamed(target, mapping.target.key[i] ?? name);
    return { source: { name: a.name, sql: planKey(a, b) }, target: { name: b.name, sql: planKey(b, a) } };
  });
  const hashing = sameMajor ? 'record' : 'sha256';
  return {
    source: {
      side: 'source',
      schema: source.schema,
      table: source.table,
      key: keys.map((k) => k.source),
      columns: columns.map((c) => c.source),
      hashing,
    },
    target: {
      side: 'target',
      schema: target.schema,
      table: target.table,
      key: keys.map((k) => k.target),
      columns: columns.map((c) => c.target),
      hashing,
    },
    indexed: keys.every((k) => k.source.sql.indexed && k.target.sql.indexed),
  };
}

async function primaryMajor(database: SourceDatabase): Promise<number> {
  const [server] = await database.query(Server, SERVER);
  if (server?.standby === true) {
    throw new BanyanError(
      'bad_config',
      `database ${database.id} is a standby: its snapshots do not tell which changes are visible`,
      {
        fix: `give databases.${database.id}.url the address of the primary`,
      },
    );
  }
  return Math.floor((server?.version ?? 0) / 10_000);
}

function columnNamed(table: CatalogueTable, name: string): CatalogueColumn {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new BanyanError('internal', `column ${name} was not looked up`);
  return column;
}
