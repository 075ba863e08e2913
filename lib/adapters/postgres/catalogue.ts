import pg from 'pg';
import { z } from 'zod';
import { nearestName } from '../../core/consistency/nearestName.ts';
import type { TableRef } from '../../core/migration/definition.ts';
import { BanyanError } from '../../errors.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

const Column = z.object({
  name: z.string(),
  /** Type with its modifier, as SQL writes it; a domain by its own name. */
  type: z.string(),
  /** The same with domains looked through: numeric(12,2). */
  declared: z.string(),
  /** Name of the base type: numeric, int4, _text. */
  base: z.string(),
  /** Base type's name of an array's elements; null for all else. */
  element: z.string().nullable(),
  category: z.string(),
  notNull: z.boolean(),
  /** True if the column's own order is byte order, so that its index can be walked. */
  byteOrder: z.boolean(),
  /** Names the order of its collation: provider, locale and version. Null where that is not known, or equal texts may differ. */
  textOrder: z.string().nullable(),
  /** Built-in function of the base type's hash, of a value and a seed; null where none takes the value as it is. */
  hasher: z.string().nullable(),
  /** True if the role may select it. */
  readable: z.boolean(),
  /** True if a long value of it may be left out of change events. */
  toastable: z.boolean(),
});
export type CatalogueColumn = z.infer<typeof Column>;

const UniqueKey = z.object({ columns: z.array(z.string()), primary: z.boolean(), identity: z.boolean() });
/** A column of an index: the order that the index keeps it in, its collation's own or that of bytes. */
const IndexColumn = z.object({ column: z.string().nullable(), own: z.boolean(), bytes: z.boolean() });
const Table = z.object({
  /** pg_class.relkind */
  kind: z.string(),
  /** pg_class.relreplident */
  identity: z.string(),
  usable: z.boolean(),
  role: z.string(),
  uniqueKeys: z.array(UniqueKey),
  ordered: z.array(z.array(IndexColumn)),
});

/** A table as the database describes it. */
export interface CatalogueTable {
  readonly schema: string;
  readonly table: string;
  /** pg_class.relkind */
  readonly kind: string;
  /** `d`efault, `f`ull, `n`othing or by an `i`ndex. */
  readonly identity: string;
  /** Whole-table unique keys of plain columns. */
  readonly uniqueKeys: readonly z.infer<typeof UniqueKey>[];
  /** Whole-table ascending B-tree indexes, column by column. */
  readonly ordered: readonly (readonly z.infer<typeof IndexColumn>[])[];
  /** In physical order. */
  readonly columns: readonly CatalogueColumn[];
}

const TABLES = `
  select n.nspname as schema, c.relname as table
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

const TABLE = `
  select c.relkind::text as kind, c.relreplident::text as identity, current_user::text as role,
         has_schema_privilege(n.oid, 'USAGE') as usable,
         coalesce((select json_agg(json_build_object('primary', i.indisprimary, 'identity', i.indisreplident, 'columns',
             (select json_agg(a.attname) from pg_attribute a
              where a.attrelid = c.oid and a.attnum = any(i.indkey[0:i.indnkeyatts - 1]))))
           from pg_index i where i.indrelid = c.oid and i.indisunique and i.indisvalid
             and i.indpred is null and i.indexprs is null), '[]') as "uniqueKeys",
         coalesce((select json_agg((select json_agg(json_build_object('column', a.attname, 'bytes', o.coll = 'pg_catalog."C"'::regcollation,
               'own', o.coll = coalesce(a.attcollation, 0)) order by o.n)
             from unnest(i.indkey::int2[], i.indcollation::oid[]) with ordinality o(attnum, coll, n)
             left join pg_attribute a on a.attrelid = c.oid and a.attnum = o.attnum
             where o.n <= i.indnkeyatts))
           from pg_index i join pg_class x on x.oid = i.indexrelid join pg_am am on am.oid = x.relam
           where i.indrelid = c.oid and am.amname = 'btree' and i.indisvalid and i.indpred is null
             and 0 = all (i.indoption::int2[])
             and not exists (select from unnest(i.indclass::oid[]) p(oid) join pg_opclass using (oid) where not opcdefault)), '[]') as ordered
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = $2`;

/**
 * SQL of a collation's order, from a row of pg_collation or pg_database as JSON, for their columns differ by version.
 * Without a version nobody knows how it sorts, but for the C family, which has none.
 */
function textOrder(row: string, prefix: 'coll' | 'dat'): string {
  const field = (name: string) => `${row} ->> '${prefix}${name}'`;
  const provider = `coalesce(${field(prefix === 'coll' ? 'provider' : 'locprovider')}, 'c')`;
  const locale = `case when ${provider} = 'c' then ${field('collate')}
    else coalesce(${field('locale')}, ${field('iculocale')}, ${field('collate')}) end`;
  const version = `case when ${provider} = 'c' and ${field('collate')} like 'C.%' then '' else ${field(prefix === 'coll' ? 'version' : 'collversion')} end`;
  return `concat_ws(':', ${provider}, ${field('icurules')}, ${locale}) || ':' || (${version})`;
}

/** A type that has a built-in one's name is not it, and keeps its schema: nothing may be taken for granted of it. */
const typeName = (row: string) =>
  `(select case when s.nspname <> 'pg_catalog' and to_regtype('pg_catalog.' || quote_ident(${row}.typname)) is not null
      then s.nspname || '.' || ${row}.typname else ${row}.typname end from pg_namespace s where s.oid = ${row}.typnamespace)`;

/** Columns of pg_type and pg_collation that describe a value of type a.atttypid; domains are looked through. */
const DESCRIBED = `
  format_type(a.atttypid, a.atttypmod) as type, format_type(b.oid, b.modifier) as declared,
  ${typeName('bt')} as base,
  (select ${typeName('e')} from pg_type e where e.oid = bt.typelem and bt.typcategory = 'A') as element,
  (select 'pg_catalog.' || p.proname from pg_opclass o join pg_am m on m.oid = o.opcmethod and m.amname = 'hash'
     join pg_amproc f on f.amprocfamily = o.opcfamily and f.amproclefttype = bt.oid and f.amprocrighttype = bt.oid and f.amprocnum = 2
     join pg_proc p on p.oid = f.amproc and p.proargtypes[0] = bt.oid and p.pronamespace = 'pg_catalog'::regnamespace
   where o.opcdefault and o.opcintype = bt.oid) as hasher,
  bt.typcategory::text as category, a.attnotnull as "notNull",
  case when coll.oid is null then true
       when coll.collprovider = 'd' then d.byte_order
       else coll.collprovider = 'b' or coalesce(coll.collcollate in ('C', 'POSIX'), false) end as "byteOrder",
  case when not coalesce(coll.collisdeterministic, false) then null
       when coll.collprovider = 'd' then d.text_order
       else ${textOrder('to_jsonb(coll)', 'coll')} end as "textOrder"`;
const BASE_TYPE = `
  cross join lateral (
    with recursive step as (
      select a.atttypid as oid, a.atttypmod as modifier, 0 as depth
      union all
      select t.typbasetype, case when t.typtypmod >= 0 then t.typtypmod else step.modifier end, step.depth + 1
      from step join pg_type t on t.oid = step.oid and t.typtype = 'd'
    ) select oid, modifier from step order by depth desc limit 1) b
  join pg_type bt on bt.oid = b.oid
  left join pg_collation coll on coll.oid = a.attcollation
  cross join (select coalesce(to_jsonb(pg_database) ->> 'datlocprovider', 'c') = 'b'
                     or (coalesce(to_jsonb(pg_database) ->> 'datlocprovider', 'c') = 'c' and datcollate in ('C', 'POSIX'))
                       as byte_order,
                     ${textOrder('to_jsonb(pg_database)', 'dat')} as text_order
              from pg_database where datname = current_database()) d`;

const COLUMNS = `
  select a.attname as name, has_column_privilege(c.oid, a.attnum, 'SELECT') as readable,
         a.attlen = -1 and a.attstorage <> 'p' as toastable, ${DESCRIBED}
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  ${BASE_TYPE}
  where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped
  order by a.attnum`;

const DERIVED = `
  select $1::text as name, true as readable, false as toastable, ${DESCRIBED}
  from (select $2::regtype::oid as atttypid, -1 as atttypmod, false as attnotnull,
               (select typcollation from pg_type where oid = $2::regtype::oid) as attcollation) a
  ${BASE_TYPE}`;

/** Describes a derived value by its type's name. */
export async function derivedColumn(database: SourceDatabase, name: string, type: string): Promise<CatalogueColumn> {
  const [column] = await database.query(Column, DERIVED, [name, type]);
  if (column === undefined) throw new BanyanError('internal', `type ${type} was not looked up`);
  // Its collation is the expression's, which no catalogue knows.
  return { ...column, byteOrder: false };
}

/**
 * Finds a table and checks that the columns named are in it and may be read.
 * @throws BanyanError `bad_config` that names what is missing and what is like it, or `forbidden` with the GRANT
 */
export async function findTable(
  database: SourceDatabase,
  ref: TableRef,
  columns: readonly string[],
): Promise<CatalogueTable> {
  const [[table], found] = await Promise.all([
    database.query(Table, TABLE, [ref.schema, ref.table]),
    database.query(Column, COLUMNS, [ref.schema, ref.table]),
  ]);
  if (table === undefined || found.length === 0) throw await missingTable(database, ref);
  const used = [...new Set([...ref.key, ...columns])];
  assertColumns(database, ref, used, found);
  assertReadable(database, ref, used, found, table);
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
  return { schema: ref.schema, table: ref.table, columns: found, ...table };
}

function assertColumns(
  database: SourceDatabase,
  ref: TableRef,
  used: readonly string[],
  found: readonly CatalogueColumn[],
): void {
  const names = found.map((column) => column.name);
  for (const name of used) {
    if (names.includes(name)) continue;
    const like = nearestName(name, names);
    throw new BanyanError(
      'bad_config',
      `column ${name} is not in ${ref.schema}.${ref.table} of database ${database.id}${like === null ? '' : `; did you mean ${like}?`}`,
      {
        fix: `it has ${names.join(', ')}: correct the table's columns in banyan.yaml`,
      },
    );
  }
}

function assertReadable(
  database: SourceDatabase,
  ref: TableRef,
  used: readonly string[],
  found: readonly CatalogueColumn[],
  { usable, role }: z.infer<typeof Table>,
): void {
  const hidden = found.filter((column) => used.includes(column.name) && !column.readable);
  if (usable && hidden.length === 0) return;
  const [schema, table, to] = [ref.schema, ref.table, role].map((name) => pg.escapeIdentifier(name));
  const grants = [
    ...(usable ? [] : [`grant usage on schema ${schema} to ${to};`]),
    ...(hidden.length === 0 ? [] : [`grant select on ${schema}.${table} to ${to};`]),
  ];
  throw new BanyanError(
    'forbidden',
    `database ${database.id}: role ${role} may not read ${hidden.length === 0 ? `schema ${ref.schema}` : hidden.map((column) => column.name).join(', ')} of ${ref.schema}.${ref.table}`,
    { fix: grants.join(' ') },
  );
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
