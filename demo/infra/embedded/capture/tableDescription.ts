import type pg from 'pg';
import { z } from 'zod';
import { type ColumnType, columnType, emptyValue, jsonOfValue, type ValueModes } from './columnValue.ts';
import type { Relation } from './pgoutputMessage.ts';

export interface ColumnDescription {
  readonly name: string;
  /** `"name":`, ready to be written. */
  readonly label: string;
  readonly type: ColumnType;
  /** JSON of a NOT NULL column whose value is not known: its literal default, else an empty value; else null. */
  readonly filler: string;
}

export interface TableDescription {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly ColumnDescription[];
  /** Positions of the primary key's columns, in the order of the table. */
  readonly keyPositions: readonly number[];
}

const row = z.object({
  schema: z.string(),
  table: z.string(),
  name: z.string(),
  type_name: z.string(),
  is_array: z.enum(['t', 'f']),
  type_modifier: z.string(),
  is_not_null: z.enum(['t', 'f']),
  default_text: z.string().nullable(),
  is_key: z.enum(['t', 'f']),
});

const QUERY = `
  select n.nspname as schema, c.relname as "table", a.attname as name,
         coalesce(e.typname, t.typname) as type_name, (e.oid is not null) as is_array, a.atttypmod as type_modifier,
         a.attnotnull as is_not_null, pg_get_expr(d.adbin, d.adrelid) as default_text,
         coalesce(a.attnum = any (i.indkey), false) as is_key
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    join pg_type t on t.oid = a.atttypid
    left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    left join pg_index i on i.indrelid = c.oid and i.indisprimary
   where c.oid = $1
   order by a.attnum`;

/** Reads from the catalogue what the envelopes of a table need. The client must return every value as text. */
export async function describeTable(client: pg.ClientBase, oid: number, modes: ValueModes): Promise<TableDescription> {
  const rows = z.array(row).parse((await client.query(QUERY, [oid])).rows);
  const columns = rows.map((column): ColumnDescription => {
    const type = columnType(column.type_name, column.is_array === 't', Number(column.type_modifier));
    const isFilled = column.is_not_null === 't';
    return {
      name: column.name,
      label: `${JSON.stringify(column.name)}:`,
      type,
      filler: isFilled ? (literalDefault(type, column.default_text, modes) ?? emptyValue(type)) : 'null',
    };
  });
  return {
    schema: rows[0]?.schema ?? '',
    table: rows[0]?.table ?? '',
    columns,
    keyPositions: rows.flatMap(({ is_key }, position) => (is_key === 't' ? [position] : [])),
  };
}

function literalDefault(type: ColumnType, text: string | null, modes: ValueModes): string | undefined {
  if (text === null || type.isArray) return undefined;
  const literal = /^(-?\d+(?:\.\d+)?|true|false)$/.exec(text)?.[1] ?? /^'((?:[^']|'')*)'::[a-z ]+$/.exec(text)?.[1];
  if (literal === undefined || !['integer', 'float', 'boolean', 'numeric', 'text'].includes(type.kind))
    return undefined;
  const raw = type.kind === 'boolean' ? literal.slice(0, 1) : literal.replaceAll("''", "'");
  return jsonOfValue(type, raw, modes);
}

/** The description in the order of the columns that the stream sends, which the catalogue may have left behind. */
export function alignTo(relation: Relation, described: TableDescription): TableDescription {
  const keys = new Set(described.keyPositions.map((position) => described.columns[position]?.name));
  const columns = relation.columns.map(
    ({ name }) => described.columns.find((column) => column.name === name) ?? unknownColumn(name),
  );
  const keyPositions = columns.flatMap(({ name }, position) => (keys.has(name) ? [position] : []));
  return { schema: relation.schema, table: relation.table, columns, keyPositions };
}

const unknownColumn = (name: string): ColumnDescription => ({
  name,
  label: `${JSON.stringify(name)}:`,
  type: { kind: 'text', isArray: false, scale: 0 },
  filler: 'null',
});
