import type { Pool } from 'pg';
import { z } from 'zod';

const count = z.coerce.number();
const ingestRow = z.object({
  topic: z.string(),
  received: count,
  counted: count,
  duplicates: count,
  dead_lettered: count,
  lag: count.nullable(),
});
const lagRow = z.object({ context: z.string(), table: z.string(), hop: z.string(), lag_ms: z.number().nullable() });
const verifiedRow = z.object({ context: z.string(), table: z.string(), rows: count });

/** What the worker's own /metrics shows of the store. */
export interface WorkerFigures {
  /** Per topic; `lag` is null until a high watermark is known. */
  readonly ingest: readonly z.infer<typeof ingestRow>[];
  /** Newest sample of each hop; null is unknown. */
  readonly lags: readonly z.infer<typeof lagRow>[];
  readonly verified: readonly z.infer<typeof verifiedRow>[];
}

/** Reads the figures of one consumer; three small queries. */
export async function readWorkerFigures(pool: Pool, consumer: string): Promise<WorkerFigures> {
  const [ingest, lags, verified] = await Promise.all([
    pool.query(
      `select topic, sum(received) as received, sum(counted) as counted, sum(duplicates) as duplicates,
         sum(dead_lettered) as dead_lettered, sum(greatest(high_watermark - next_offset, 0)) as lag
       from ingest_offset where consumer = $1 group by topic order by topic`,
      [consumer],
    ),
    pool.query(
      `select distinct on (context, "table", hop) context, "table", hop, lag_ms from lag_sample
       where at > now() - interval '1 minute' order by context, "table", hop, at desc`,
    ),
    pool.query(
      `select context, "table", sum(rows_compared) as rows from verify_run group by context, "table" order by 1, 2`,
    ),
  ]);
  return {
    ingest: z.array(ingestRow).parse(ingest.rows),
    lags: z.array(lagRow).parse(lags.rows),
    verified: z.array(verifiedRow).parse(verified.rows),
  };
}
