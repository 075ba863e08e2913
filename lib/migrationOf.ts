import type { ParsedConfig, ParsedContext, ParsedTable } from './configSchema.ts';
import type {
  ColumnMapping,
  ContextDefinition,
  CriterionOverride,
  Migration,
  SagaCorrelation,
  TableMapping,
  TableRef,
} from './core/migration/definition.ts';
import { STAGE_IDS, type StageId } from './core/verdict/verdict.ts';

/** The migration that a checked configuration declares, as services take it: plain data without secrets. */
export function migrationOf(settings: ParsedConfig): Migration {
  return { ...settings.migration, contexts: settings.contexts.map(contextOf) };
}

function contextOf(context: ParsedContext): ContextDefinition {
  return {
    id: context.id,
    name: context.name ?? capitalised(context.id),
    plan: context.plan,
    services: context.services,
    routes: context.routes.map((route) => {
      const space = route.match.indexOf(' ');
      return {
        id: route.id,
        kind: route.kind,
        method: route.match.slice(0, space),
        template: route.match.slice(space + 1),
      };
    }),
    tables: context.tables.map(tableOf),
    sagas: context.sagas.map((saga) => ({
      id: saga.id,
      topics: saga.topics,
      correlate: correlationOf(saga.correlate),
      typeHeader: saga.typeHeader,
      steps: saga.steps.map(({ deadline, ...step }) => ({ ...step, deadlineMs: deadline })),
      deadlineMs: saga.deadline,
      completedBy: saga.completedBy,
      compensatedBy: saga.compensatedBy,
      failedBy: saga.failedBy,
      compensatedIsFailure: saga.compensatedIsFailure,
    })),
    invariants: context.invariants.map((invariant) => ({
      ...invariant,
      parts: invariant.parts.map((part) => ({ ...part, tables: part.tables ?? tablesOf(context, part.database) })),
    })),
    selfTest: context.selfTest && {
      table: context.selfTest.table,
      keys: context.selfTest.keys,
      everyMs: context.selfTest.every,
      patienceMs: context.selfTest.patience,
    },
    telemetry: context.telemetry,
    criteria: criteriaOf(context.criteria),
    waivers: context.waivers,
    relaxed: context.relaxed,
  };
}

function tableOf(table: ParsedTable): TableMapping {
  const heartbeatOf = (beat: ParsedTable['heartbeat']) =>
    beat ? { topic: beat.topic, everyMs: beat.every } : undefined;
  return {
    id: table.id,
    source: refOf(table.source),
    target: refOf(table.target),
    columns: Object.entries(table.columns).map(([name, column]) => columnOf(name, column, table.masked.includes(name))),
    ignore: table.ignore,
    filter: table.filter,
    capture: table.capture,
    ownership: table.ownership,
    topic: table.topic,
    connector: table.connector,
    heartbeat: heartbeatOf(table.heartbeat),
    applied: table.applied,
    reverse: table.reverse && { ...table.reverse, heartbeat: heartbeatOf(table.reverse.heartbeat) },
  };
}

function columnOf(name: string, column: ParsedTable['columns'][string], masked: boolean): ColumnMapping {
  if (typeof column === 'string') return { from: name, to: column, compare: 'semantic', masked };
  const { source, to, target, compare } = column;
  return { from: name, to: to ?? name, fromSql: source, toSql: target, compare, masked };
}

function tablesOf(context: ParsedContext, database: string): readonly string[] {
  const within = context.tables.filter(({ source, target }) => [source.database, target.database].includes(database));
  return within.map(({ id }) => id);
}

function refOf(ref: ParsedTable['source']): TableRef {
  const [schema = 'public', table = ''] = ref.table.split('.');
  return { database: ref.database, schema, table, key: ref.key };
}

function correlationOf(correlate: ParsedContext['sagas'][number]['correlate']): SagaCorrelation {
  return typeof correlate === 'string' ? { kind: correlate } : { kind: 'header', ...correlate };
}

function criteriaOf(criteria: ParsedContext['criteria']): ContextDefinition['criteria'] {
  const overrides: Partial<Record<StageId, Record<string, CriterionOverride>>> = {};
  for (const stage of STAGE_IDS) {
    const byId = criteria[stage];
    if (byId === undefined) continue;
    overrides[stage] = Object.fromEntries(
      Object.entries(byId).map(([id, override]): [string, CriterionOverride] => [
        id,
        {
          target: (override.below ?? override.above)?.value,
          quantile: override.quantile,
          alpha: override.alpha,
          minDurationSec: override.minDuration === undefined ? undefined : override.minDuration / 1_000,
        },
      ]),
    );
  }
  return overrides;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
