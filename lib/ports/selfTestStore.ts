import type { CanaryChange } from '../core/consistency/canaryPlan.ts';
import type { PlantedRow, RestoreOutcome } from './canaryRows.ts';

/** A canary of a round: what was done to it, and what was found of it. */
export interface StoredCanary {
  readonly key: string;
  readonly change: CanaryChange;
  readonly columns: readonly string[];
  /** Null until the verifier has named it. */
  readonly found: {
    readonly atMs: number;
    readonly kind: string;
    readonly leg: string;
    readonly columns: readonly string[];
  } | null;
  /** Null until it was restored, or found changed by somebody else. */
  readonly outcome: RestoreOutcome | null;
}

/** One round of a context's self-test; times in ms since 1970. */
export interface SelfTestRound {
  readonly id: string;
  readonly context: string;
  readonly table: string;
  readonly askedBy: string;
  readonly askedAtMs: number;
  /** When the wrong rows were committed; null until then, and if none were. */
  readonly corruptedAtMs: number | null;
  readonly restoredAtMs: number | null;
  /** Null while it is open. */
  readonly endedAtMs: number | null;
  /** Why it measured nothing, or not to its end; null if it did. */
  readonly failure: string | null;
  readonly fix: string | null;
  /** Keys without a canary that were found divergent meanwhile. */
  readonly others: readonly string[];
  readonly canaries: readonly StoredCanary[];
}

/** A new round, before a worker takes it. */
export type AskedRound = Pick<SelfTestRound, 'id' | 'context' | 'table' | 'askedBy' | 'askedAtMs'>;

/** What is kept of a canary before it is made wrong. */
export interface KeptCanary extends PlantedRow {
  readonly change: CanaryChange;
  readonly columns: readonly string[];
}

/** A divergence that stands in the store now. */
export interface FoundCanary {
  readonly key: string;
  readonly kind: string;
  readonly leg: string;
  readonly columns: readonly string[];
}

export interface RoundEnd {
  readonly atMs: number;
  readonly failure: string | null;
  readonly fix: string | null;
}

/** What pages and commands read. */
export interface SelfTestReader {
  /** The newest rounds of a context, the newest first. */
  rounds(context: string, limit: number): Promise<readonly SelfTestRound[]>;
}

/** Rounds of self-tests as the worker carries them out. */
export interface SelfTestStore extends SelfTestReader {
  /** Keeps a new round, unless one of its context is open: false then. */
  ask(round: AskedRound): Promise<boolean>;
  /** Takes or keeps the lease of the context's open round; null if there is none, or another worker holds it. */
  take(context: string, owner: string, nowMs: number, leaseMs: number): Promise<SelfTestRound | null>;
  /** Of these keys, those with an open finding. */
  openAmong(context: string, table: string, keys: readonly string[]): Promise<readonly string[]>;
  /** True if a pass that began after this moment is complete. */
  passedSince(context: string, table: string, sinceMs: number): Promise<boolean>;
  /** Written before the rows are touched. */
  keep(id: string, canaries: readonly KeptCanary[]): Promise<void>;
  corrupted(id: string, atMs: number): Promise<void>;
  /** Canaries of the round that are proved divergent now. */
  named(id: string): Promise<readonly FoundCanary[]>;
  found(id: string, canaries: readonly FoundCanary[], atMs: number): Promise<void>;
  /** Other keys of its table that were first found divergent from this moment on; at most `limit`. */
  othersSince(
    round: Pick<SelfTestRound, 'context' | 'table'>,
    sinceMs: number,
    limit: number,
  ): Promise<readonly string[]>;
  /** Canaries that are not restored yet. */
  toRestore(id: string): Promise<readonly PlantedRow[]>;
  restored(id: string, outcomes: ReadonlyMap<string, RestoreOutcome>, atMs: number): Promise<void>;
  noteOthers(id: string, keys: readonly string[]): Promise<void>;
  /** Ends the round, unless it has ended. */
  end(id: string, end: RoundEnd): Promise<void>;
  /** Gives the lease back, so that another worker may go on at once. */
  release(id: string): Promise<void>;
}
