import { z } from 'zod';
import { TIME_PRECISIONS } from './core/migration/definition.ts';

const tableRef = z.strictObject({
  database: z.string(),
  table: z.string().regex(/^[^.]+\.[^.]+$/, { error: 'schema.table, for example public.inventory' }),
  key: z.array(z.string()).min(1),
});

const expression = z
  .strictObject({ sql: z.string().trim().min(1), columns: z.array(z.string()).min(1) })
  .meta({ description: 'An SQL expression and every column that it reads; it may use no other.' });

const compare = z.enum(['exact', 'semantic', 'microseconds']).default('semantic');

const column = z
  .strictObject({
    source: expression.optional().meta({ description: "Derives the source's value; else the column of this name." }),
    to: z.string().optional().meta({ description: 'The target column.' }),
    target: expression.optional().meta({ description: "Derives the target's value, instead of `to`." }),
    compare,
  })
  .refine((pair) => (pair.to === undefined) !== (pair.target === undefined), {
    error: 'either `to` (a column) or `target` (an expression)',
  });

const applied = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('table'), query: z.string().min(1) }),
  z.strictObject({ kind: z.literal('group'), groupId: z.string().min(1) }),
]);

const capture = z
  .strictObject({
    time: z.enum(TIME_PRECISIONS).optional().meta({ description: 'time.precision.mode' }),
    decimal: z.enum(['precise', 'string', 'double']).optional().meta({ description: 'decimal.handling.mode' }),
    binary: z
      .enum(['bytes', 'base64', 'base64-url-safe', 'hex'])
      .optional()
      .meta({ description: 'binary.handling.mode' }),
    interval: z.enum(['numeric', 'string']).optional().meta({ description: 'interval.handling.mode' }),
  })
  .meta({ description: "The connector's own settings, which decide how events write values." });

/** One mapped table; `id` and `duration` are the schema's own texts. */
export function tableSchema<I extends z.ZodType<string>, D extends z.ZodType<number>>(id: I, duration: D) {
  const heartbeat = z.strictObject({ topic: z.string(), every: duration });
  return z.strictObject({
    id,
    source: tableRef,
    target: tableRef,
    columns: z
      .record(z.string(), z.union([z.string(), column]))
      .refine((columns) => Object.keys(columns).length > 0, { error: 'at least one column to compare' }),
    ignore: z
      .array(z.string())
      .default([])
      .meta({ description: 'Source columns that are left out of the comparison on purpose.' }),
    masked: z.array(z.string()).default([]).meta({
      description:
        'Columns, by their name in `columns`, whose values are not kept; none of the key, which names the row.',
    }),
    filter: z
      .strictObject({ source: expression.optional(), target: expression.optional() })
      .optional()
      .meta({ description: 'Rows that do not meet the condition count as absent.' }),
    topic: z.string(),
    connector: z.string().optional(),
    capture: capture.optional(),
    heartbeat: heartbeat.optional(),
    applied,
    reverse: z
      .strictObject({ topic: z.string(), connector: z.string().optional(), heartbeat: heartbeat.optional(), applied })
      .optional(),
    ownership: z
      .strictObject({ source: z.string().min(1), target: z.string().min(1) })
      .optional()
      .meta({
        description:
          "A query a side: for $1 = key texts (text[]), rows (key, epoch, owner 'source' or 'target', since: id of this side's transaction that opened the epoch).",
      }),
  });
}
