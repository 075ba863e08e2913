import type { AuditRecord, ChainedRecord } from '../core/audit/auditChain.ts';
import type { CriterionWaiver, Phase, StageId, StageVerdict } from '../core/verdict/verdict.ts';
import type { Command } from './commandStore.ts';
import type { AskedRound } from './selfTestStore.ts';

/** The span of evidence of a stage that is open now. */
export interface OpenAttempt {
  readonly id: string;
  readonly context: string;
  readonly stage: StageId;
  readonly number: number;
  readonly startedAtMs: number;
  readonly reason: string;
  readonly openedBy: string;
  readonly criteriaDigest: string;
  readonly build: string | null;
}

/** A person's decision to go on without a criterion. */
export interface StoredWaiver extends CriterionWaiver {
  readonly id: string;
  readonly stage: StageId;
  readonly criterion: string;
}

/** The newest evaluation of a stage, and when the verdict row that it stands for was stored. */
export interface CurrentEvaluation {
  readonly verdictId: string;
  readonly body: StageVerdict;
  readonly storedAtMs: number;
}

export interface OutboxMessage {
  /** The same for the same event, so that a receiver can drop repeats. */
  readonly id: string;
  readonly type: string;
  readonly payload: object;
  readonly createdAtMs: number;
}

/** Something that a person asks of the worker. */
export interface NewCommand extends Command {
  readonly idempotencyKey: string;
}

/** Stages, attempts, waivers, verdicts, audit and outbox: what one transaction may read and change. */
export interface VerdictTransaction {
  /** Waits until no other transaction holds the context; held to the end. */
  lockContext(context: string): Promise<void>;
  /** The same without waiting: false if another transaction holds it. */
  tryLockContext(context: string): Promise<boolean>;
  phases(context: string): Promise<ReadonlyMap<StageId, Phase>>;
  setPhase(context: string, stage: StageId, phase: Phase, by: string, atMs: number): Promise<void>;
  openAttempts(context: string): Promise<readonly OpenAttempt[]>;
  /** 0 if the stage never had one. */
  lastAttemptNumber(context: string, stage: StageId): Promise<number>;
  insertAttempt(attempt: OpenAttempt): Promise<void>;
  endAttempt(id: string, atMs: number): Promise<void>;
  /** The newest waiver of each criterion. */
  waivers(context: string): Promise<readonly StoredWaiver[]>;
  insertWaiver(context: string, waiver: StoredWaiver, atMs: number): Promise<void>;
  currentEvaluations(context: string): Promise<ReadonlyMap<StageId, CurrentEvaluation>>;
  insertVerdict(id: string, verdict: StageVerdict, digest: string): Promise<void>;
  putCurrent(verdictId: string, verdict: StageVerdict): Promise<void>;
  insertOutbox(message: OutboxMessage): Promise<void>;
  /** Returns the id of the command that is kept: an earlier one if it has the same idempotency key. */
  insertCommand(command: NewCommand, atMs: number): Promise<string>;
  /** False if a round of the context's self-test is open: nothing is kept then. */
  insertSelfTest(round: AskedRound): Promise<boolean>;
  /** Takes the audit's one writer lock and returns the newest entry; null at the start of the chain. */
  lockAuditHead(): Promise<Pick<ChainedRecord, 'seq' | 'hash'> | null>;
  insertAudit(record: AuditRecord & Pick<ChainedRecord, 'prevHash' | 'hash'>): Promise<void>;
}

/** Runs work in one transaction: stored whole when it returns, not at all when it throws. */
export interface VerdictStore {
  transaction<T>(work: (tx: VerdictTransaction) => Promise<T>): Promise<T>;
}
