import { z } from 'zod';
import { parseDecimal } from './core/invariant/decimal.ts';

const decimal = z
  .union([z.number(), z.string()])
  .transform(String)
  .refine((text) => parseDecimal(text) !== null, { error: 'a decimal number, for example 0 or "12.50"' });

/** One of `contexts[].invariants`. */
export const invariantSchema = (id: z.ZodString) =>
  z.strictObject({
    id,
    title: z.string().min(1),
    parts: z
      .array(
        z.strictObject({
          database: z.string(),
          sql: z.string().trim().min(1).meta({ description: 'A query of one row and one column, a number.' }),
          sign: z.union([z.literal(1), z.literal(-1)]).default(1),
          tables: z
            .array(z.string())
            .optional()
            .meta({ description: 'Mapped tables that it reads; every one of its database unless given.' }),
        }),
      )
      .min(1),
    equals: z
      .union([z.literal('unchanged'), decimal])
      .meta({ description: 'What the sum of the parts must be; unchanged: what it was when the evidence began.' }),
    tolerance: decimal.default('0').meta({ description: 'How far the sum may be off.' }),
  });
