import { z } from 'zod';
import type { DivergenceDetail } from '../../ports/readStore.ts';

const text = z.string().nullish().catch(null);
const row = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .nullish()
  .catch(null);

/** What the verifier recorded of a divergence; a field that is not as expected is unknown, never the page's end. */
export const divergenceDetail: z.ZodType<DivergenceDetail> = z
  .object({
    reason: text,
    source: row,
    target: row,
    topic: text,
    partition: z.number().nullish().catch(null),
    offset: text,
    lsn: text,
    txid: text,
    op: text,
    sourceTsUs: text,
    traceId: text,
  })
  .catch({})
  .transform((detail) => ({
    reason: detail.reason ?? null,
    source: rowOf(detail.source),
    target: rowOf(detail.target),
    topic: detail.topic ?? null,
    partition: detail.partition ?? null,
    offset: detail.offset ?? null,
    lsn: detail.lsn ?? null,
    txid: detail.txid ?? null,
    committedAt: instantOf(detail.sourceTsUs),
    traceId: detail.traceId ?? null,
  }));

function rowOf(values: z.infer<typeof row>): DivergenceDetail['source'] {
  if (values === null || values === undefined) return null;
  return Object.fromEntries(
    Object.entries(values).map(([column, value]) => [column, value === null ? null : String(value)]),
  );
}

function instantOf(sourceTsUs: string | null | undefined): string | null {
  if (sourceTsUs === null || sourceTsUs === undefined || !/^\d{1,19}$/.test(sourceTsUs)) return null;
  const at = new Date(Number(BigInt(sourceTsUs) / 1000n));
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
