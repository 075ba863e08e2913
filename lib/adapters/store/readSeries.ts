import type pg from 'pg';
import { z } from 'zod';
import type { CountedStep, QuantileStep, SampledStep, SeriesHistogram, SeriesQuery } from '../../ports/readStore.ts';

const STEP = `floor(extract(epoch from bucket_at) * 1000 / $1)::bigint * $1::bigint`;
const WHERE = `context = $2 and indicator = $3 and cohort = any($4) and ($5::text[] is null or series = any($5))
  and bucket_at >= to_timestamp($6 / 1000.0) and bucket_at < to_timestamp($7 / 1000.0)`;

const integer = z.coerce.number();
const countedRow = z.object({ at: integer, n: integer, bad: integer, unknown: integer });
const quantileRow = z.object({ at: integer, n: integer, bin: integer });
const binRow = z.object({ bin: z.number(), n: integer });
const countRow = z.object({ n: integer, bad: integer });
const sampledRow = z.object({ at: integer, lag: z.number().nullable() });

/** Sums of the counters a step. Limits are added up: only indicators with one limit may be asked for. */
export async function readCounted(pool: pg.Pool, query: SeriesQuery): Promise<CountedStep[]> {
  const { rows } = await pool.query(
    `select ${STEP} as at, sum(n) as n, sum(bad) as bad, sum(unknown) as unknown
     from kpi_bucket where ${WHERE} group by 1 order by 1`,
    parameters(query),
  );
  return rows.map((row) => {
    const { at, n, bad, unknown } = countedRow.parse(row);
    return { atMs: at, n, bad, unknown };
  });
}

/** The smallest bin at or below which the share `quantile` of a step's observations lies. */
export async function readQuantiles(pool: pg.Pool, query: SeriesQuery, quantile: number): Promise<QuantileStep[]> {
  const { rows } = await pool.query(
    `with bins as (select ${STEP} as at, bin, sum(n) as n from kpi_bin where ${WHERE} group by 1, 2),
     ranked as (select at, bin, sum(n) over (partition by at order by bin) as upto, sum(n) over (partition by at) as n from bins)
     select at, max(n) as n, min(bin) filter (where upto >= ceil($8::numeric * n)) as bin
     from ranked group by at order by at`,
    [...parameters(query), quantile],
  );
  return rows.map((row) => {
    const { at, n, bin } = quantileRow.parse(row);
    return { atMs: at, n, bin };
  });
}

/** All bins of the time asked for, and the counters beside them. */
export async function readHistogram(pool: pg.Pool, query: SeriesQuery): Promise<SeriesHistogram> {
  // The first parameter is the step of the other readers.
  const where = `$1::bigint is not null and ${WHERE}`;
  const [bins, counted] = await Promise.all([
    pool.query(`select bin, sum(n) as n from kpi_bin where ${where} group by bin order by bin`, parameters(query)),
    pool.query(
      `select coalesce(sum(n), 0) as n, coalesce(sum(bad), 0) as bad from kpi_bucket where ${where}`,
      parameters(query),
    ),
  ]);
  return { bins: z.array(binRow).parse(bins.rows), ...countRow.parse(counted.rows[0]) };
}

/** The greatest lag sampled in each step over the tables asked for; unknown if any sample in it was. */
export async function readSampledLag(pool: pg.Pool, query: SeriesQuery, hop: string): Promise<SampledStep[]> {
  const { rows } = await pool.query(
    `select floor(extract(epoch from at) * 1000 / $1)::bigint * $1::bigint as at, max(lag_ms) as lag
     from lag_sample where context = $2 and hop = $3 and ($4::text[] is null or "table" = any($4))
       and at >= to_timestamp($5 / 1000.0) and at < to_timestamp($6 / 1000.0)
     group by 1 order by 1`,
    [query.stepMs, query.context, hop, query.series, query.fromMs, query.toMs],
  );
  return rows.map((row) => {
    const { at, lag } = sampledRow.parse(row);
    return { atMs: at, lagMs: lag };
  });
}

function parameters(query: SeriesQuery): unknown[] {
  return [query.stepMs, query.context, query.indicator, query.cohorts, query.series, query.fromMs, query.toMs];
}
