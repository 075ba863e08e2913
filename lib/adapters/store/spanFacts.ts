import type { PoolClient } from 'pg';
import type { SpanFacts, SpanSourceDelta } from '../../ports/spanStore.ts';
import { writeKpi } from './writeKpi.ts';

/**
 * Adds what a batch counts, in the transaction of its spans. Every writer takes the rows in this order, sorted within
 * each table, and `span_source` last, because all of them want that one.
 */
export async function addSpanFacts(client: PoolClient, facts: SpanFacts, receivedMs: number): Promise<void> {
  await writeKpi(client, facts.buckets, facts.bins);
  if (facts.sources.length > 0) await addSources(client, facts.sources, receivedMs);
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
