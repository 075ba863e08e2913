import { z } from 'zod';
import type { MigrationView } from '../../ports/readStore.ts';

const tableRef = z.object({
  database: z.string(),
  schema: z.string(),
  table: z.string(),
  key: z.array(z.string()).default([]),
});
const nameOf = (ref: z.infer<typeof tableRef>): string => `${ref.database}.${ref.schema}.${ref.table}`;

const column = z.object({ from: z.string(), to: z.string(), masked: z.boolean().default(false) });
const table = z
  .object({
    id: z.string(),
    source: tableRef,
    target: tableRef,
    topic: z.string(),
    columns: z.array(column).default([]),
  })
  .transform(({ source, target, ...rest }) => ({
    ...rest,
    source: nameOf(source),
    target: nameOf(target),
    key: source.key,
  }));

const context = z.object({
  id: z.string(),
  name: z.string(),
  relaxed: z.boolean().default(false),
  routes: z.array(z.object({ id: z.string(), kind: z.enum(['read', 'write']) })).default([]),
  tables: z.array(table).default([]),
  sagas: z.array(z.object({ id: z.string() })).default([]),
});

const migration = z.object({ id: z.string(), name: z.string(), contexts: z.array(context) });

/** The part of a configuration snapshot that pages show: the migration itself, or a configuration that holds it. */
export const migrationSchema: z.ZodType<MigrationView> = z.union([
  migration,
  z.object({ migration }).transform((body) => body.migration),
]);
