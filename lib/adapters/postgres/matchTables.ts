import { z } from 'zod';
import { nearestName } from '../../core/consistency/nearestName.ts';
import type { ColumnMapping, SqlExpression, TableMapping, TableRef } from '../../core/migration/definition.ts';
import { BanyanError } from '../../errors.ts';
import { type CatalogueColumn, type CatalogueTable, findTable } from './catalogue.ts';
import { inspectTable, type TableInspection, type TablePlan } from './planTable.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

/** Two tables to be compared and what was asked for; names are the source's unless said otherwise. */
export interface MatchRequest {
  readonly source: Pick<TableRef, 'schema' | 'table'>;
  readonly target: Pick<TableRef, 'schema' | 'table'>;
  /** Null for the primary key. */
  readonly key: readonly string[] | null;
  /** Null for every column that both sides have. */
  readonly columns: readonly string[] | null;
  /** Target column by source column, where the names differ. */
  readonly renamed: ReadonlyMap<string, string>;
  /** SQL condition on the rows of both sides, each with its own column names. */
  readonly where: string | null;
}

export interface MatchedTables {
  readonly mapping: TableMapping;
  /** Null if a column can't be compared: whoever plans the mapping is told which. */
  readonly plan: TablePlan | null;
  /** What the reader should know: columns left out, rights not needed, comparisons at a loss. */
  readonly notes: readonly string[];
  /** The source's rows as the planner estimates them; null if it can't, or a condition picks some. */
  readonly rowsEstimated: number | null;
}

const Estimate = z.object({ rows: z.number().nullable(), key: z.array(z.string()) });
const ESTIMATE = `
  select nullif(greatest(c.reltuples, 0), 0)::float8 as rows,
         array(select a.attname::text from pg_index i cross join unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality k(attnum, at)
               join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
               where i.indrelid = c.oid and i.indisprimary order by k.at) as key
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2`;
const TIMES = new Set(['date', 'timestamp', 'timestamptz']);

/**
 * Finds two tables, their key and the columns that they have in common, and makes a mapping of them.
 * @throws BanyanError that names what is missing, what can't be compared, or what may not be read
 */
export async function matchTables(
  from: SourceDatabase,
  to: SourceDatabase,
  request: MatchRequest,
): Promise<MatchedTables> {
  const found = findTable(to, { database: to.id, ...request.target, key: [] }, []);
  // Where both are at fault, the first is told of.
  found.catch(() => undefined);
  const source = await findTable(from, { database: from.id, ...request.source, key: [] }, []);
  const target = await found;
  const [estimate] = await from.query(Estimate, ESTIMATE, [source.schema, source.table]);
  const other = (name: string) => request.renamed.get(name) ?? name;
  for (const [left, right] of request.renamed) {
    columnOf(from, source, left);
    columnOf(to, target, right);
  }
  const key = keyOf(from, source, request.key ?? estimate?.key ?? []);
  const pairs = columnPairs(from, to, source, target, request);
  const compared = pairs.filter(({ name }) => !key.includes(name));
  const mapping: TableMapping = {
    id: source.table,
    source: { database: from.id, ...request.source, key },
    target: { database: to.id, ...request.target, key: key.map((name) => columnOf(to, target, other(name)).name) },
    columns: compared.map(({ name, own, others }): ColumnMapping => {
      const bothTimes = TIMES.has(own.base) && TIMES.has(others.base) && own.base !== others.base;
      return { from: name, to: others.name, compare: bothTimes ? 'microseconds' : 'semantic' };
    }),
    ignore: source.columns.map(({ name }) => name).filter((name) => !pairs.some((pair) => pair.name === name)),
    ...(request.where === null
      ? {}
      : { filter: { source: condition(request.where, source), target: condition(request.where, target) } }),
    topic: '',
    applied: { kind: 'group', groupId: '' },
  };
  const inspection = await inspectTable(mapping, from, to);
  return {
    mapping,
    plan: inspection.plan,
    notes: [
      ...(request.columns === null ? leftOut(from, to, source, target, mapping) : []),
      ...notesOf(from, to, inspection),
    ],
    rowsEstimated: request.where === null ? (estimate?.rows ?? null) : null,
  };
}

function keyOf(database: SourceDatabase, table: CatalogueTable, names: readonly string[]): readonly string[] {
  if (names.length > 0) return names.map((name) => columnOf(database, table, name).name);
  throw new BanyanError('bad_config', `${placeOf(database, table)} has no primary key`, {
    fix: 'name columns that tell its rows apart, for example --key id or --key warehouse,sku',
  });
}

interface Pair {
  readonly name: string;
  readonly own: CatalogueColumn;
  readonly others: CatalogueColumn;
}

function columnPairs(
  from: SourceDatabase,
  to: SourceDatabase,
  source: CatalogueTable,
  target: CatalogueTable,
  { columns, renamed }: MatchRequest,
): readonly Pair[] {
  const other = (name: string) => renamed.get(name) ?? name;
  const names =
    columns ??
    source.columns
      .map(({ name }) => name)
      .filter((name) => target.columns.some((candidate) => candidate.name === other(name)));
  return [...new Set(names)].map((name) => ({
    name,
    own: columnOf(from, source, name),
    others: columnOf(to, target, other(name)),
  }));
}

function columnOf(database: SourceDatabase, table: CatalogueTable, name: string): CatalogueColumn {
  const found = table.columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const names = table.columns.map((column) => column.name);
  const like = nearestName(name, names);
  throw new BanyanError(
    'bad_config',
    `${placeOf(database, table)} has no column ${name}${like === null ? '' : `; did you mean ${like}?`}`,
    { fix: `it has ${names.join(', ')}; --map a=b pairs columns of two names` },
  );
}

/** A condition reads the columns whose names are in it: one that it does not read need not be readable. */
function condition(sql: string, table: CatalogueTable): SqlExpression {
  const text = sql.toLowerCase();
  const columns = table.columns.map(({ name }) => name).filter((name) => text.includes(name.toLowerCase()));
  return { sql, columns };
}

function leftOut(
  from: SourceDatabase,
  to: SourceDatabase,
  source: CatalogueTable,
  target: CatalogueTable,
  mapping: TableMapping,
): readonly string[] {
  const used = new Set([...mapping.target.key, ...mapping.columns.map((column) => column.to)]);
  const extra = target.columns.map(({ name }) => name).filter((name) => !used.has(name));
  const note = (names: readonly string[], database: SourceDatabase, table: CatalogueTable) =>
    names.length === 0 ? [] : [`not compared, because only ${placeOf(database, table)} has it: ${names.join(', ')}`];
  return [...note(mapping.ignore ?? [], from, source), ...note(extra, to, target)];
}

function notesOf(
  from: SourceDatabase,
  to: SourceDatabase,
  { plan, findings, rights }: TableInspection,
): readonly string[] {
  const flagged = findings.filter(({ severity }) => severity === 'flagged');
  const may = ({ id }: SourceDatabase, found: readonly string[]) =>
    found.length === 0 ? [] : [`database ${id}: ${found.join('; ')}; the session reads only, all the same`];
  return [
    ...may(from, rights.source),
    ...may(to, rights.target),
    ...flagged.map(({ column, reason }) => `${column === null ? '' : `column ${column}: `}${reason}`),
    ...(plan === null || plan.hashing.mode === 'native' ? [] : [`rows are hashed by sha256: ${plan.hashing.why}`]),
  ];
}

function placeOf(database: SourceDatabase, table: CatalogueTable): string {
  return `${table.schema}.${table.table} of database ${database.id}`;
}
