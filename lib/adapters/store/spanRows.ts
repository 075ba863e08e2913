import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { SpanRow } from '../../core/trace/span.ts';

const COLUMNS = `trace_id, span_id, day, parent_span_id, service, name, kind, start_ns, duration_ns, status_code,
  status_message, route, attributes, events, links, warnings, received_at`;

const INSERT = `insert into span (${COLUMNS})
  select t, s, d::date, p, service, name, kind, start_ns, duration_ns, status_code, status_message, route,
    attributes::jsonb, events::jsonb, links::jsonb, warnings::text[], $17::timestamptz
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::bigint[],
    $9::bigint[], $10::int[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[])
    as x(t, s, d, p, service, name, kind, start_ns, duration_ns, status_code, status_message, route, attributes,
      events, links, warnings)
  on conflict do nothing returning trace_id || span_id`;

type Field = string | number | bigint | null;

/** The values of a row in the order of COLUMNS, without the last. */
function fieldsOf(span: SpanRow): Field[] {
  return [
    span.traceId,
    span.spanId,
    span.day,
    span.parentSpanId,
    span.service,
    span.name,
    span.kind,
    span.startNs,
    span.durationNs,
    span.statusCode,
    span.statusMessage,
    span.route,
    JSON.stringify(span.attributes),
    span.events.length === 0 ? null : JSON.stringify(span.events),
    span.links.length === 0 ? null : JSON.stringify(span.links),
    // Warnings are words of a closed list: nothing in them needs quoting.
    `{${span.warnings.join(',')}}`,
  ];
}

const NEEDS_ESCAPE = /[\\\t\n\r]/;
const ESCAPE: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function copyField(field: Field): string {
  if (field === null) return '\\N';
  if (typeof field !== 'string') return String(field);
  return NEEDS_ESCAPE.test(field) ? field.replace(/[\\\t\n\r]/g, (char) => ESCAPE[char] ?? char) : field;
}

/** Adds spans that are all new; a repeated one is a unique violation. */
export async function copySpans(client: PoolClient, spans: readonly SpanRow[], receivedMs: number): Promise<boolean[]> {
  if (spans.length === 0) return [];
  const receivedAt = new Date(receivedMs).toISOString();
  let text = '';
  for (const span of spans) {
    for (const field of fieldsOf(span)) text += `${copyField(field)}\t`;
    text += `${receivedAt}\n`;
  }
  await new Promise<void>((done, reject) => {
    const stream = client.query(copyFrom(`copy span (${COLUMNS}) from stdin`));
    stream.on('error', reject);
    stream.on('finish', () => done());
    stream.end(text);
  });
  return spans.map(() => true);
}

/** Adds the spans that are not there yet, and says which those were. */
export async function insertNewSpans(
  client: PoolClient,
  spans: readonly SpanRow[],
  receivedMs: number,
): Promise<boolean[]> {
  if (spans.length === 0) return [];
  const rows = spans.map(fieldsOf);
  const columns = Array.from({ length: 16 }, (_, i) => rows.map((row) => row[i] ?? null));
  const { rows: added } = await client.query<[string]>({
    name: 'insert_new_spans',
    text: INSERT,
    values: [...columns, new Date(receivedMs)],
    rowMode: 'array',
  });
  const ids = new Set(added.map(([id]) => id));
  return spans.map((span) => ids.has(span.traceId + span.spanId));
}
