import type { ContextDefinition } from '../core/migration/definition.ts';
import type { SourceState } from '../core/verdict/evidence.ts';
import type { CountedIndicator } from '../core/verdict/indicators/indicator.ts';
import { PART_SILENCE_MS, partLiveness } from '../core/verdict/partLiveness.ts';
import type { PartRow, StoppedPartition } from '../ports/evidenceStore.ts';

/** What the parts of all workers say, read once a tick. */
export interface Sources {
  /** The newest report of each part. */
  readonly parts: readonly PartRow[];
  readonly stopped: readonly StoppedPartition[];
  readonly readAtMs: number;
}

/** Whether Banyan sees what a counted criterion is judged by. */
export function countedSource(sources: Sources, context: ContextDefinition, indicator: CountedIndicator): SourceState {
  if (indicator.fromTraces && context.telemetry.sampling !== 'none') {
    return {
      state: 'biased',
      detail: 'sampled traces: a rate of them is biased; record every request and set telemetry.sampling to none',
    };
  }
  const topics = indicator.topics(context);
  const gap = sources.stopped.find((partition) => topics.includes(partition.topic));
  if (gap !== undefined) {
    return { state: 'unreachable', detail: `partition ${gap.part} of topic ${gap.topic} is stopped: ${gap.reason}` };
  }
  return reachable(sources, indicator.needs(context));
}

/** Whether Banyan reaches both databases of every mapped table. */
export function comparisonSource(sources: Sources, context: ContextDefinition): SourceState {
  const databases = context.tables.flatMap((table) => [table.source.database, table.target.database]);
  const parts = [
    ...databases.map((id) => `database:${id}`),
    ...context.tables.map((table) => `verify:${context.id}/${table.id}`),
  ];
  return reachable(
    sources,
    parts.map((part) => [part]),
  );
}

/** Whether Banyan reaches the databases of every invariant. */
export function invariantSource(sources: Sources, context: ContextDefinition): SourceState {
  const databases = (context.invariants ?? []).flatMap(({ parts }) =>
    parts.map(({ database }) => `database:${database}`),
  );
  return reachable(
    sources,
    [...new Set(databases)].map((part) => [part]),
  );
}

/** Of each list one part that is up is enough; what has never reported is judged by its evidence alone. */
function reachable({ parts, readAtMs }: Sources, needs: readonly (readonly string[])[]): SourceState {
  for (const oneOf of needs) {
    const reports = parts.filter(({ part }) => oneOf.includes(part));
    const [first] = reports;
    if (first === undefined || reports.some((report) => partLiveness(report, readAtMs) === 'up')) continue;
    return { state: 'unreachable', detail: whyUnreachable(first, readAtMs) };
  }
  return { state: 'reachable' };
}

function whyUnreachable(report: PartRow, nowMs: number): string {
  if (partLiveness(report, nowMs) === 'down') return `${report.part} is down: ${report.detail}`;
  return `${report.part} has not reported for more than ${PART_SILENCE_MS / 1_000} s: its worker does not run`;
}
