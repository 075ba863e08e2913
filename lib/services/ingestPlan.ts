import type { UsedColumns } from '../core/cdc/debezium.ts';
import type { Migration, SagaDefinition } from '../core/migration/definition.ts';
import { imageColumns } from '../core/migration/imageColumns.ts';
import { knownEvents } from '../core/saga/correlate.ts';

/** A mapped table, in one direction; `series` is the table's id, or `<id>:reverse`. */
export interface Flow {
  readonly context: string;
  readonly series: string;
}

export interface SagaPlan {
  readonly context: string;
  readonly saga: SagaDefinition;
  readonly events: ReadonlySet<string>;
}

/** What the records of one topic are read as. */
export interface TopicPlan {
  readonly topic: string;
  readonly columns: UsedColumns;
  readonly flows: readonly Flow[];
  readonly heartbeat: boolean;
  readonly sagas: readonly SagaPlan[];
}

/** Lists the topics that a migration's contexts need, each with everything that it is read for. */
export function ingestPlan(migration: Migration): ReadonlyMap<string, TopicPlan> {
  const plans = new Map<string, TopicPlan>();
  const change = (topic: string, update: (plan: TopicPlan) => TopicPlan) => {
    const empty = { topic, columns: { key: [], compared: [] }, flows: [], heartbeat: false, sagas: [] };
    plans.set(topic, update(plans.get(topic) ?? empty));
  };
  for (const context of migration.contexts) {
    for (const table of context.tables) {
      const { source, target, reverse } = table;
      change(
        table.topic,
        addFlow({ context: context.id, series: table.id }, source.key, imageColumns(table, 'source')),
      );
      if (table.heartbeat !== undefined) change(table.heartbeat.topic, (plan) => ({ ...plan, heartbeat: true }));
      if (reverse === undefined) continue;
      const flow = { context: context.id, series: `${table.id}:reverse` };
      change(reverse.topic, addFlow(flow, target.key, imageColumns(table, 'target')));
      if (reverse.heartbeat !== undefined) change(reverse.heartbeat.topic, (plan) => ({ ...plan, heartbeat: true }));
    }
    for (const saga of context.sagas) {
      const sagaPlan = { context: context.id, saga, events: knownEvents(saga) };
      for (const topic of saga.topics) change(topic, (plan) => ({ ...plan, sagas: [...plan.sagas, sagaPlan] }));
    }
  }
  return plans;
}

function addFlow(flow: Flow, key: readonly string[], compared: readonly string[]): (plan: TopicPlan) => TopicPlan {
  return (plan) => ({
    ...plan,
    flows: [...plan.flows, flow],
    columns: {
      key: plan.columns.key.length > 0 ? plan.columns.key : key,
      compared: [...new Set([...plan.columns.compared, ...compared])],
    },
  });
}
