// What is migrated: contexts with their routes, mapped tables and sagas, as the configuration declares them.
// Plain data; lib/config.ts parses banyan.yaml into it and services receive it as an argument.
import type { StageId } from '../verdict/verdict.ts';

export interface Migration {
  readonly id: string;
  readonly name: string;
  readonly contexts: readonly ContextDefinition[];
}

export interface ContextDefinition {
  readonly id: string;
  readonly name: string;
  readonly plan: 'strangler-six';
  /** OpenTelemetry service.name of each part. */
  readonly services: { readonly legacy: string; readonly target: string; readonly facade: string };
  readonly routes: readonly RouteDefinition[];
  readonly tables: readonly TableMapping[];
  readonly sagas: readonly SagaDefinition[];
  readonly telemetry: { readonly sampling: 'none' | 'sampled' };
  /** Overrides of the plan's targets, by stage and criterion id. */
  readonly criteria: Readonly<Partial<Record<StageId, Readonly<Record<string, CriterionOverride>>>>>;
  /** Criteria that the configuration sets aside. */
  readonly waivers: readonly ConfiguredWaiver[];
  /** True where the targets are relaxed on purpose (the demo's --fast); every reader says so. */
  readonly relaxed: boolean;
}

export interface ConfiguredWaiver {
  readonly stage: StageId;
  readonly criterion: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly expires: string;
}

export interface CriterionOverride {
  /** In the criterion's own unit: a ratio, milliseconds, a count. */
  readonly target?: number | undefined;
  readonly quantile?: number | undefined;
  readonly alpha?: number | undefined;
  readonly minDurationSec?: number | undefined;
}

export interface RouteDefinition {
  readonly id: string;
  readonly kind: 'read' | 'write';
  /** HTTP method and template, e.g. method GET, template /api/inventory/{itemId}. */
  readonly method: string;
  readonly template: string;
}

export interface TableRef {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  /** Key columns, in order. */
  readonly key: readonly string[];
}

export interface ColumnMapping {
  readonly from: string;
  readonly to: string;
  /** exact: by text; semantic: by the type's own equality; microseconds: times compared as microseconds. */
  readonly compare: 'exact' | 'semantic' | 'microseconds';
}

export type AppliedPosition =
  /** A query on the target database that returns (partition, next_offset) for $1 = topic. */
  | { readonly kind: 'table'; readonly query: string }
  /** The committed offsets of a consumer group. */
  | { readonly kind: 'group'; readonly groupId: string };

export interface TableMapping {
  readonly id: string;
  readonly source: TableRef;
  readonly target: TableRef;
  /** Compared columns, keys left out. */
  readonly columns: readonly ColumnMapping[];
  /** CDC topic of the source table. */
  readonly topic: string;
  /** Heartbeat topic of the source's connector and the gap in which one is expected. */
  readonly heartbeat?: Heartbeat | undefined;
  readonly applied: AppliedPosition;
  /** Name of the source's connector at the Connect REST API. */
  readonly connector?: string | undefined;
  /** The way back (route_writes on): CDC of the target table, applied to the source. */
  readonly reverse?: ReverseFlow | undefined;
}

export interface Heartbeat {
  readonly topic: string;
  readonly everyMs: number;
}

export interface ReverseFlow {
  readonly topic: string;
  readonly heartbeat?: Heartbeat | undefined;
  readonly applied: AppliedPosition;
  readonly connector?: string | undefined;
}

export type SagaCorrelation =
  | { readonly kind: 'header'; readonly header: string; readonly messageId: string; readonly causationId: string }
  | { readonly kind: 'cloudevents' | 'nservicebus' | 'masstransit' | 'axon' | 'eventuate' | 'opentelemetry' | 'key' };

export interface SagaDefinition {
  readonly id: string;
  readonly topics: readonly string[];
  readonly correlate: SagaCorrelation;
  /** Header that names the event; else the payload's `type`. */
  readonly typeHeader: string;
  readonly steps: readonly SagaStep[];
  /** An instance must have ended this long after its first event. */
  readonly deadlineMs: number;
  /** Events that end the saga well. */
  readonly completedBy: readonly string[];
  /** Events that end it after a completed compensation (good unless `compensatedIsFailure`). */
  readonly compensatedBy: readonly string[];
  /** Events that end it badly at once, e.g. a compensation that failed. */
  readonly failedBy: readonly string[];
  readonly compensatedIsFailure: boolean;
}

export interface SagaStep {
  readonly event: string;
  readonly service: string;
  readonly deadlineMs?: number | undefined;
  /** Event that undoes this step. */
  readonly compensation?: string | undefined;
}
