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
  /** What must hold across its databases; none unless given. */
  readonly invariants?: readonly InvariantDefinition[] | undefined;
  /** Rows that may be made wrong on purpose; none unless the configuration consents. */
  readonly selfTest?: SelfTestDefinition | undefined;
  readonly telemetry: { readonly sampling: 'none' | 'sampled' };
  /** Overrides of the plan's targets, by stage and criterion id. */
  readonly criteria: Readonly<Partial<Record<StageId, Readonly<Record<string, CriterionOverride>>>>>;
  /** Criteria that the configuration sets aside. */
  readonly waivers: readonly ConfiguredWaiver[];
  /** True where the targets are relaxed on purpose (the demo's --fast); every reader says so. */
  readonly relaxed: boolean;
}

export interface SelfTestDefinition {
  /** A mapped table of the context. */
  readonly table: string;
  /** Keys of its canaries, as somebody wrote them. */
  readonly keys: readonly string[];
  /** A round begins by itself this long after the last one; undefined: only when somebody asks. */
  readonly everyMs?: number | undefined;
  /** What is not found within this time counts as missed. */
  readonly patienceMs: number;
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

/** An SQL expression over named columns of one row; it sees no other column, on tables and on change events alike. */
export interface SqlExpression {
  readonly sql: string;
  /** Every column that the expression reads. */
  readonly columns: readonly string[];
}

export interface ColumnMapping {
  /** Source column, or the name of the pair where the source's value is derived. Names the pair in findings. */
  readonly from: string;
  /** Target column, or the name of the pair where the target's value is derived. */
  readonly to: string;
  /** The source's value where it is derived. */
  readonly fromSql?: SqlExpression | undefined;
  /** The target's value where it is derived. */
  readonly toSql?: SqlExpression | undefined;
  /** exact: by text; semantic: by the type's own equality; microseconds: times compared as microseconds. */
  readonly compare: 'exact' | 'semantic' | 'microseconds';
  /** True if its values are shown to nobody who has not asked for them. */
  readonly masked?: boolean | undefined;
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
  /** Source columns that are left out on purpose. */
  readonly ignore?: readonly string[] | undefined;
  /** Conditions that a row must meet to be compared at all; a row that does not is taken for absent. */
  readonly filter?: RowFilter | undefined;
  /** How the source's (and the reverse flow's) connector writes values; what is not known is not guessed. */
  readonly capture?: CaptureModes | undefined;
  /** Who owns which key, where both sides write. */
  readonly ownership?: OwnershipQueries | undefined;
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

export interface RowFilter {
  readonly source?: SqlExpression | undefined;
  readonly target?: SqlExpression | undefined;
}

/** Debezium's settings of the same meaning; undefined: only values that no other setting could have written are read. */
export interface CaptureModes {
  /** time.precision.mode */
  readonly time?: TimePrecision | undefined;
  /** decimal.handling.mode */
  readonly decimal?: 'precise' | 'string' | 'double' | undefined;
  /** binary.handling.mode */
  readonly binary?: 'bytes' | 'base64' | 'base64-url-safe' | 'hex' | undefined;
  /** interval.handling.mode */
  readonly interval?: 'numeric' | 'string' | undefined;
}

export const TIME_PRECISIONS = [
  'adaptive',
  'adaptive_time_microseconds',
  'connect',
  'isostring',
  'microseconds',
  'nanoseconds',
] as const;
export type TimePrecision = (typeof TIME_PRECISIONS)[number];

/**
 * One query a side, run in the snapshot of the read: for $1 = key texts (text[]) it returns rows
 * (key text, epoch text, owner 'source' or 'target', since: the id of the transaction of that side that opened the
 * epoch; null or left out where the key never changed hands).
 */
export interface OwnershipQueries {
  readonly source: string;
  readonly target: string;
}

/** A sum over one or two databases that no change of the business alters. */
export interface InvariantDefinition {
  readonly id: string;
  readonly title: string;
  readonly parts: readonly InvariantPart[];
  /** What the sum of the parts must be, a decimal; or what it was when the evidence began. */
  readonly equals: string;
  /** How far it may be off; a decimal. */
  readonly tolerance: string;
}

/** One number that one database gives. */
export interface InvariantPart {
  readonly database: string;
  /** A query of one row and one column, a number. */
  readonly sql: string;
  readonly sign: 1 | -1;
  /** Mapped tables whose rows the query reads: of those that follow the other database, both must be at one cut. */
  readonly tables: readonly string[];
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
