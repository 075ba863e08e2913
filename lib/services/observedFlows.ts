import type { AppliedPosition, Heartbeat, Migration } from '../core/migration/definition.ts';

/** One direction of a mapped table, as it is observed. */
export interface ObservedFlow {
  readonly context: string;
  /** Table id, or `<table id>:reverse`. */
  readonly series: string;
  readonly topic: string;
  readonly heartbeat: Heartbeat | null;
  readonly applied: AppliedPosition;
  /** The database whose applier it is. */
  readonly appliedAt: string;
  readonly connector: string | null;
}

/** Every direction of every mapped table. */
export function observedFlows(migration: Migration): ObservedFlow[] {
  return migration.contexts.flatMap(({ id: context, tables }) =>
    tables.flatMap((table) => {
      const { id, topic, heartbeat, applied, connector, target, source, reverse } = table;
      const there: ObservedFlow = {
        context,
        series: id,
        topic,
        heartbeat: heartbeat ?? null,
        applied,
        appliedAt: target.database,
        connector: connector ?? null,
      };
      if (reverse === undefined) return [there];
      const back: ObservedFlow = {
        context,
        series: `${id}:reverse`,
        topic: reverse.topic,
        heartbeat: reverse.heartbeat ?? null,
        applied: reverse.applied,
        appliedAt: source.database,
        connector: reverse.connector ?? null,
      };
      return [there, back];
    }),
  );
}
