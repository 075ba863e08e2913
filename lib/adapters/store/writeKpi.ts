import type { PoolClient } from 'pg';
import type { BinDelta, BucketDelta } from '../../core/lag/observationFold.ts';
import { arrayLiteral } from './arrayLiteral.ts';

const BUCKETS = `insert into kpi_bucket as k (context, indicator, series, cohort, limit_us, bucket_at, n, bad, unknown, sum_us)
  select c, i, s, h, l, to_timestamp(b / 1000.0), n, bad, u, sum
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
    as t(c, i, s, h, l, b, n, bad, u, sum)
  on conflict (context, indicator, series, cohort, limit_us, bucket_at) do update
  set n = k.n + excluded.n, bad = k.bad + excluded.bad, unknown = k.unknown + excluded.unknown, sum_us = k.sum_us + excluded.sum_us`;

const BINS = `insert into kpi_bin as k (context, indicator, series, cohort, bucket_at, bin, n)
  select c, i, s, h, to_timestamp(b / 1000.0), bin, n
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::int[], $7::bigint[]) as t(c, i, s, h, b, bin, n)
  on conflict (context, indicator, series, cohort, bucket_at, bin) do update set n = k.n + excluded.n`;

/** Adds counters, in the caller's transaction; the deltas are sorted by key, so that writers never lock crosswise. */
export async function writeKpi(
  client: PoolClient,
  buckets: readonly BucketDelta[],
  bins: readonly BinDelta[],
): Promise<void> {
  if (buckets.length > 0) {
    await client.query({
      name: 'kpi-buckets',
      text: BUCKETS,
      values: [
        buckets.map(({ context }) => context),
        buckets.map(({ indicator }) => indicator),
        buckets.map(({ series }) => series),
        buckets.map(({ cohort }) => cohort),
        arrayLiteral(buckets.map(({ limitUs }) => limitUs)),
        arrayLiteral(buckets.map(({ bucketMs }) => bucketMs)),
        arrayLiteral(buckets.map(({ n }) => n)),
        arrayLiteral(buckets.map(({ bad }) => bad)),
        arrayLiteral(buckets.map(({ unknown }) => unknown)),
        arrayLiteral(buckets.map(({ sumUs }) => sumUs)),
      ],
    });
  }
  if (bins.length > 0) {
    await client.query({
      name: 'kpi-bins',
      text: BINS,
      values: [
        bins.map(({ context }) => context),
        bins.map(({ indicator }) => indicator),
        bins.map(({ series }) => series),
        bins.map(({ cohort }) => cohort),
        arrayLiteral(bins.map(({ bucketMs }) => bucketMs)),
        arrayLiteral(bins.map(({ bin }) => bin)),
        arrayLiteral(bins.map(({ n }) => n)),
      ],
    });
  }
}
