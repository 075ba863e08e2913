import { z } from 'zod';
import { nearestName } from '../../core/consistency/nearestName.ts';
import type { TableRef } from '../../core/migration/definition.ts';
import { BanyanError } from '../../errors.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

const Column = z.object({
  name: z.string(),
  /** Type with its modifier, as SQL writes it: numeric(12,2). */
  type: z.string(),
  /** Name of the base type: numeric, int4, _text. */
  base: z.string(),
  category: z.string(),
  notNull: z.boolean(),
  /** True if the column's own order is byte order, so that its index can be walked. */
  byteOrder: z.boolean(),
});
export type CatalogueColumn = z.infer<typeof Column>;

/** A table as the database describes it. */
export interface CatalogueTable {
  readonly schema: string;
  readonly table: string;
  /** In physical order. */
  readonly columns: readonly CatalogueColumn[];
}

const TABLES = `
  select n.nspname as schema, c.relname as table
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

const COLUMNS = `
  select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, coalesce(bt.typname, t.typname) as base,
         coalesce(bt.typcategory, t.typcategory)::text as category, a.attnotnull as "notNull",
         coalesce(coll.collcollate in ('C', 'POSIX') or (coll.collprovider = 'd' and d.byte_order), true) as "byteOrder"
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_type t on t.oid = a.atttypid
  left join pg_type bt on bt.oid = nullif(t.typbasetype, 0)
  left join pg_collation coll on coll.oid = a.attcollation
  cross join (select datcollate in ('C', 'POSIX') as byte_order from pg_database where datname = current_database()) d
  where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped
  order by a.attnum`;

/**
 * Finds a table and checks that the columns named are in it.
 * @throws BanyanError `bad_config` that names what is missing and what is like it
 */
export async function findTable(
  database: SourceDatabase,
  ref: TableRef,
  columns: readonly string[],
): Promise<CatalogueTable> {
  const found = await database.query(Column, COLUMNS, [ref.schema, ref.table]);
  if (found.length === 0) throw await missingTable(database, ref);
  for (const name of [...ref.key, ...columns]) {
    if (found.some((column) => column.name === name)) continue;
    const like = nearestName(
      name,
      found.map((column) => column.name),
    );
    throw new BanyanError(
      'bad_config',
      `column ${name} is not in ${ref.schema}.${ref.table} of database ${database.id}${like === null ? '' : `; did you mean ${like}?`}`,
      {
        fix: `it has ${found.map((column) => column.name).join(', ')}: correct the table's columns in banyan.yaml`,
      },
    );
  }
  const nullable = found.find((column) => ref.key.includes(column.name) && !column.notNull);
  if (nullable !== undefined) {
    throw new BanyanError(
      'bad_config',
      `key column ${nullable.name} of ${ref.schema}.${ref.table} in database ${database.id} may be NULL: its rows can't be told apart`,
      {
        fix: 'name a key whose columns are NOT NULL',
      },
    );
  }
  return { schema: ref.schema, table: ref.table, columns: found };
}

async function missingTable(database: SourceDatabase, ref: TableRef): Promise<BanyanError> {
  const tables = await database.query(z.object({ schema: z.string(), table: z.string() }), TABLES);
  const names = tables.map((t) => `${t.schema}.${t.table}`);
  const elsewhere = tables.find((t) => t.table === ref.table);
  const like =
    elsewhere === undefined
      ? nearestName(`${ref.schema}.${ref.table}`, names)
      : `${elsewhere.schema}.${elsewhere.table}`;
  return new BanyanError(
    'bad_config',
    `table ${ref.schema}.${ref.table} is not in database ${database.id}${like === null ? '' : `; did you mean ${like}?`}`,
    { fix: 'correct it in banyan.yaml, or create the table' },
  );
}
