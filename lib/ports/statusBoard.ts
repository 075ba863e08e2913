/**
 * `ok` works; `limited` works as it is set up, with less than it could do, and `fix` says what the rest takes; `off` is
 * not set up, `detail` says what is missed and `fix` how to have it; `degraded` and `down`: something is wrong.
 */
export const PART_STATES = ['ok', 'limited', 'off', 'degraded', 'down', 'starting'] as const;
export type PartState = (typeof PART_STATES)[number];

/** What one part of a process says of itself: read by the setup page, the health endpoint and freshness lines. */
export interface PartReport {
  /**
   * Stable name: store, kafka, topic:<name>, connector:<name>, saga:<context>/<id>, spans, otlp-http, otlp-grpc,
   * database:<id>, verify:<context>/<table>, continuous:<context>/<table>, evaluate, waivers:<context>,
   * certificates:<context>, self-test:<context>, notify, webhook:<id>.
   */
  readonly part: string;
  readonly state: PartState;
  /** One sentence, with figures. */
  readonly detail: string;
  /** What to do about it, where something is wrong or wanting. */
  readonly fix?: string;
  /** The first or newest real thing received (an event, a span), small, secrets left out. */
  readonly sample?: unknown;
}

/** Where parts report; `since` moves only when the state changes. Never throws: a status must not stop the work. */
export interface StatusBoard {
  report(report: PartReport): void;
}
