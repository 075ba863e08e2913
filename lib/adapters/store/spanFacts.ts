import type { PoolClient } from 'pg';
import type { BinDelta, BucketDelta } from '../../core/trace/foldObservations.ts';
import type { SpanFacts, SpanSourceDelta } from '../../ports/spanStore.ts';

/**
 * Adds what a batch counts, in the transaction of its spans. Every writer takes the rows in this order, sorted within
 * each table, and `span_source` last, because all of them want that one.
 */
export async function addSpanFacts(client: PoolClient, facts: SpanFacts, receivedMs: number): Promise<void> {
  if (facts.buckets.length > 0) await addBuckets(client, facts.buckets);
  if (facts.bins.length > 0) await addBins(client, facts.bins);
  if (facts.sources.length > 0) await addSources(client, facts.sources, receivedMs);
}

async function addBuckets(client: PoolClient, buckets: readonly BucketDelta[]): Promise<void> {
  await client.query({
    name: 'add_span_buckets',
    text: `insert into kpi_bucket (context, indicator, series, cohort, limit_us, bucket_at, n, bad, unknown, sum_us)
      select context, indicator, series, cohort, limit_us, to_timestamp(bucket_ms / 1000.0), n, bad, unknown, sum_us
      from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::bigint[], $10::bigint[])
        as x(context, indicator, series, cohort, limit_us, bucket_ms, n, bad, unknown, sum_us)
      on conflict (context, indicator, series, cohort, limit_us, bucket_at) do update set
        n = kpi_bucket.n + excluded.n, bad = kpi_bucket.bad + excluded.bad,
        unknown = kpi_bucket.unknown + excluded.unknown, sum_us = kpi_bucket.sum_us + excluded.sum_us`,
    values: [
      buckets.map((b) => b.context),
      buckets.map((b) => b.indicator),
      buckets.map((b) => b.series),
      buckets.map((b) => b.cohort),
      buckets.map((b) => b.limitUs),
      buckets.map((b) => b.bucketAtMs),
      buckets.map((b) => b.n),
      buckets.map((b) => b.bad),
      buckets.map((b) => b.unknown),
      buckets.map((b) => b.sumUs),
    ],
  });
}

async function addBins(client: PoolClient, bins: readonly BinDelta[]): Promise<void> {
  await client.query({
    name: 'add_span_bins',
    text: `insert into kpi_bin (context, indicator, series, cohort, bucket_at, bin, n)
      select context, indicator, series, cohort, to_timestamp(bucket_ms / 1000.0), bin, n
      from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::int[], $7::bigint[])
        as x(context, indicator, series, cohort, bucket_ms, bin, n)
      on conflict (context, indicator, series, cohort, bucket_at, bin) do update set n = kpi_bin.n + excluded.n`,
    values: [
      bins.map((b) => b.context),
      bins.map((b) => b.indicator),
      bins.map((b) => b.series),
      bins.map((b) => b.cohort),
      bins.map((b) => b.bucketAtMs),
      bins.map((b) => b.bin),
      bins.map((b) => b.n),
    ],
  });
}

async function addSources(client: PoolClient, sources: readonly SpanSourceDelta[], receivedMs: number): Promise<void> {
  await client.query({
    name: 'add_span_sources',
    text: `insert into span_source (service, received, duplicates, rejected, last_span_at, first_span)
      select service, received, duplicates, rejected, $6::timestamptz, first_span::jsonb
      from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[])
        as x(service, received, duplicates, rejected, first_span)
      on conflict (service) do update set
        received = span_source.received + excluded.received, duplicates = span_source.duplicates + excluded.duplicates,
        rejected = span_source.rejected + excluded.rejected,
        last_span_at = greatest(span_source.last_span_at, excluded.last_span_at)`,
    values: [
      sources.map((s) => s.service),
      sources.map((s) => s.received),
      sources.map((s) => s.duplicates),
      sources.map((s) => s.rejected),
      sources.map((s) => JSON.stringify(s.firstSpan)),
      new Date(receivedMs),
    ],
  });
}
