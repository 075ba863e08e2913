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
    expected: row,
    topic: text,
    partition: z.number().nullish().catch(null),
    offset: text,
    firstBadOffset: text,
    lsn: text,
    txid: text,
    op: text,
    sourceTsUs: text,
    targetTsUs: text,
    traceId: text,
    sagaId: text,
    lastLook: text,
  })
  .catch({})
  .transform((detail) => ({
    reason: detail.reason ?? null,
    source: rowOf(detail.source),
    target: rowOf(detail.target),
    expected: rowOf(detail.expected),
    topic: detail.topic ?? null,
    partition: detail.partition ?? null,
    offset: detail.offset ?? null,
    firstBadOffset: detail.firstBadOffset ?? null,
    lsn: detail.lsn ?? null,
    txid: detail.txid ?? null,
    op: detail.op ?? null,
    sourceCommittedAt: instantOf(detail.sourceTsUs),
    targetCommittedAt: instantOf(detail.targetTsUs),
    traceId: detail.traceId ?? null,
    sagaId: detail.sagaId ?? null,
    lastLook: detail.lastLook ?? null,
  }));

function rowOf(values: z.infer<typeof row>): DivergenceDetail['source'] {
  if (values === null || values === undefined) return null;
  return Object.fromEntries(
    Object.entries(values).map(([column, value]) => [column, value === null ? null : String(value)]),
  );
}

function instantOf(microseconds: string | null | undefined): string | null {
  if (microseconds === null || microseconds === undefined || !/^\d{1,19}$/.test(microseconds)) return null;
  const at = new Date(Number(BigInt(microseconds) / 1000n));
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
