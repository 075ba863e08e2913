import type { ContextDefinition } from '../core/migration/definition.ts';
import type { SourceState } from '../core/verdict/evidence.ts';
import type { CountedIndicator } from '../core/verdict/indicators/indicator.ts';
import type { PartRow, StoppedPartition } from '../ports/evidenceStore.ts';

/** A report this much older than the newest one of its part is of a worker that is gone. */
const GONE_AFTER_MS = 60_000;

/** What the parts of all workers say, read once a tick. */
export interface Sources {
  readonly parts: readonly PartRow[];
  readonly stopped: readonly StoppedPartition[];
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
  return reachable(sources.parts, indicator.needs(context));
}

/** Whether Banyan reaches both databases of every mapped table. */
export function comparisonSource(sources: Sources, context: ContextDefinition): SourceState {
  const databases = context.tables.flatMap((table) => [table.source.database, table.target.database]);
  const parts = [...databases.map((id) => `database:${id}`), ...context.tables.map((table) => `verify:${table.id}`)];
  return reachable(
    sources.parts,
    parts.map((part) => [part]),
  );
}

/** Of each list one part that is not down is enough; what has never reported is judged by its evidence alone. */
function reachable(rows: readonly PartRow[], needs: readonly (readonly string[])[]): SourceState {
  for (const oneOf of needs) {
    const live = oneOf.flatMap((part) => liveRows(rows, part));
    const first = live[0];
    if (first !== undefined && live.every((row) => row.state === 'down')) {
      return { state: 'unreachable', detail: `${first.part} is down: ${first.detail}` };
    }
  }
  return { state: 'reachable' };
}

function liveRows(rows: readonly PartRow[], part: string): PartRow[] {
  const own = rows.filter((row) => row.part === part);
  const newestMs = Math.max(...own.map((row) => row.checkedAtMs));
  return own.filter((row) => row.checkedAtMs > newestMs - GONE_AFTER_MS);
}
