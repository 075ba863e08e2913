import { z } from 'zod';
import type { Certificate } from '../../core/consistency/certificate.ts';
import type { Envelope } from '../../core/consistency/dsse.ts';

const decimal = z.string().regex(/^\d+$/);
const instant = z.iso.datetime();
const digest = z.strictObject({ rows: decimal, sum1: decimal, sum2: decimal });

/** The form of a certificate, strict: what is not known to this Banyan is refused, not passed over. */
export const certificateSchema: z.ZodType<Certificate> = z.strictObject({
  version: z.literal(1),
  migration: z.string(),
  context: z.string(),
  issuedAt: instant,
  ruleVersion: z.string(),
  workerVersion: z.string(),
  tables: z
    .array(
      z.strictObject({
        table: z.string(),
        source: z.string(),
        target: z.string(),
        mappingDigest: z.string(),
        pass: z.strictObject({ id: z.string(), startedAt: instant, endedAt: instant }),
        rowsCompared: decimal,
        ranges: z.int().positive(),
        coveragePercent: z.literal(100),
        keys: z.strictObject({
          clean: decimal,
          diverged: z.literal('0'),
          pending: z.literal('0'),
          stalled: z.literal('0'),
          conflict: z.literal('0'),
          unknown: z.literal('0'),
        }),
        digests: z.strictObject({ source: digest, target: digest }),
        offsets: z
          .array(z.strictObject({ topic: z.string(), partition: z.int().nonnegative(), nextOffset: decimal }))
          .min(1),
      }),
    )
    .min(1),
});

export const envelopeSchema: z.ZodType<Envelope> = z.strictObject({
  payloadType: z.string(),
  payload: z.string(),
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.string() })).min(1),
});
