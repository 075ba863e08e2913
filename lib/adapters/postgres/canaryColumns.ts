import type pg from 'pg';
import { z } from 'zod';
import type { CanaryTable } from '../../core/consistency/canaryPlan.ts';
import type { TableMapping } from '../../core/migration/definition.ts';

const Column = z.object({
  name: z.string(),
  type: z.string(),
  nullable: z.boolean(),
  /** Made of other columns: it takes no value at all. */
  generated: z.boolean(),
  /** An identity that takes a value with a new row only. */
  fixed: z.boolean(),
  unique: z.boolean(),
  refers: z.boolean(),
  integer: z.boolean(),
});

/** A column of the canaries' table as the catalogue tells it. */
export type TargetColumn = z.infer<typeof Column>;

const COLUMNS = `
  select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
    a.attgenerated <> '' as generated, a.attidentity = 'a' as fixed,
    exists (select from pg_index i where i.indrelid = c.oid and i.indisunique and a.attnum = any(i.indkey)) as unique,
    exists (select from pg_constraint r where r.conrelid = c.oid and r.contype = 'f' and a.attnum = any(r.conkey)) as refers,
    a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) as integer
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped order by a.attnum`;

/** The target's columns in physical order; none if there is no such table. */
export async function targetColumns(client: pg.ClientBase, { target }: TableMapping): Promise<TargetColumn[]> {
  return z.array(Column).parse((await client.query(COLUMNS, [target.schema, target.table])).rows);
}

/** What may be made wrong: columns that are compared as they stand and may hold another row's value. */
export function canaryTable({ target, columns }: TableMapping, found: readonly TargetColumn[]): CanaryTable {
  const usable = ({ name, generated, fixed, unique }: TargetColumn) =>
    !generated && !fixed && !unique && !target.key.includes(name);
  return {
    columns: columns.flatMap(({ to, toSql }, at) => {
      const column = toSql === undefined ? found.find(({ name }) => name === to) : undefined;
      if (column === undefined || !usable(column)) return [];
      const { name, nullable, integer, refers } = column;
      return [{ name, at, nullable, integer: integer && !refers }];
    }),
    copyable: found.every(({ name, unique }) => !unique || target.key.includes(name)),
  };
}
