import type { DivergenceKind } from '../core/consistency/row.ts';
import type { Leg, RowVerdict } from '../core/consistency/rowVerdict.ts';
import type { RunCounts, VerifyTarget } from './verifyStore.ts';

/** A pass as it stands. */
export interface SeenRun extends RunCounts {
  readonly id: string;
  readonly finishedAtMs: number | null;
}

/** A key that is not CLEAN now. */
export interface OpenFinding {
  readonly key: string;
  readonly verdict: Exclude<RowVerdict, 'CLEAN'>;
  readonly kind: DivergenceKind;
  readonly leg: Leg;
  readonly columns: readonly string[];
  readonly reason: string;
}

/** Reads what verifiers write down, for whoever only looks on. */
export interface PassReader {
  /** The running pass of a table, else the one that ended last. */
  newestRun(target: VerifyTarget): Promise<SeenRun | null>;
  /** Keys that are not CLEAN, the divergent ones first. */
  openFindings(target: VerifyTarget, limit: number): Promise<readonly OpenFinding[]>;
  /** When a worker that verifies last gave a sign of life, in ms since 1970. */
  verifierSeenAtMs(): Promise<number | null>;
  /** Asks whoever verifies to begin a pass now instead of after its pause. `id` is that of the wish. */
  askPass(target: VerifyTarget, id: string, nowMs: number): Promise<void>;
  /** Ends what a verifier is at or would go on with, a failed pass too, so that the next one begins with the first row. */
  cancelOpenRuns(target: VerifyTarget, reason: string, nowMs: number): Promise<void>;
}
