import type pg from 'pg';
import { z } from 'zod';
import type {
  ChangedKey,
  IngestPosition,
  KeyFinding,
  LeasedRange,
  RangeResult,
  RunCounts,
  RunStart,
  TopicOffset,
  VerifyRun,
  VerifyStore,
  VerifyTarget,
} from '../../ports/verifyStore.ts';
import { inTransaction } from './inTransaction.ts';
import { storeFindings } from './verifyFindings.ts';
import { readChangedKeys, readDeadSince, readPositions, readUnreadEvents } from './verifyIngestFacts.ts';
import { finishRange, leaseRange, releaseRanges, renewLease, splitRange } from './verifyRanges.ts';
import { cancelOpenRuns, cancelRun, failRun, finishRun, openRun, readRun, recordFailedRun } from './verifyRuns.ts';

/** Passes, ranges and divergences in the store; `consumer` names Banyan's own ingest in ingest_offset. */
export class StoredVerification implements VerifyStore {
  readonly #pool: pg.Pool;
  readonly #consumer: string;

  constructor(pool: pg.Pool, consumer: string) {
    this.#pool = pool;
    this.#consumer = consumer;
  }

  openRun(target: VerifyTarget, start: RunStart, nowMs: number): Promise<VerifyRun> {
    return openRun(this.#pool, target, start, nowMs);
  }

  leaseRange(runId: string, owner: string, nowMs: number, leaseMs: number): Promise<LeasedRange | null> {
    return leaseRange(this.#pool, runId, owner, nowMs, leaseMs);
  }

  renewLease(runId: string, seq: number, owner: string, nowMs: number, leaseMs: number): Promise<boolean> {
    return renewLease(this.#pool, runId, seq, owner, nowMs, leaseMs);
  }

  splitRange(runId: string, seq: number, owner: string, at: readonly string[]): Promise<boolean> {
    return splitRange(this.#pool, runId, seq, owner, at);
  }

  finishRange(run: VerifyRun, seq: number, owner: string, result: RangeResult, nowMs: number): Promise<boolean> {
    return finishRange(this.#pool, run, seq, owner, result, nowMs);
  }

  async storeFindings(run: VerifyRun, findings: readonly KeyFinding[]): Promise<void> {
    await inTransaction(this.#pool, (client) => storeFindings(client, run, findings));
  }

  async openKeys(target: VerifyTarget, after: string | null, limit: number): Promise<readonly string[]> {
    const { rows } = await this.#pool.query(
      `select key from divergence
       where context = $1 and "table" = $2 and resolved_at is null and ($3::text is null or key > $3) order by key limit $4`,
      [target.context, target.table, after, limit],
    );
    return z
      .array(z.object({ key: z.string() }))
      .parse(rows)
      .map((row) => row.key);
  }

  changedKeys(since: readonly TopicOffset[], after: string | null, limit: number): Promise<readonly ChangedKey[]> {
    return readChangedKeys(this.#pool, since, after, limit);
  }

  deadSince(since: readonly TopicOffset[], end: readonly TopicOffset[]): Promise<string | null> {
    return readDeadSince(this.#pool, since, end);
  }

  finishRun(run: VerifyRun, settled: Parameters<VerifyStore['finishRun']>[1], nowMs: number): Promise<boolean> {
    return finishRun(this.#pool, run, settled, nowMs);
  }

  cancelRun(runId: string, reason: string, nowMs: number): Promise<void> {
    return cancelRun(this.#pool, runId, reason, nowMs);
  }

  cancelOpenRuns(target: VerifyTarget, reason: string, nowMs: number): Promise<void> {
    return cancelOpenRuns(this.#pool, target, reason, nowMs);
  }

  releaseRanges(runId: string, owner: string, seq?: number): Promise<void> {
    return releaseRanges(this.#pool, runId, owner, seq);
  }

  failRun(run: VerifyRun, detail: string, nowMs: number): Promise<void> {
    return failRun(this.#pool, run.id, detail, nowMs);
  }

  recordFailedRun(
    target: VerifyTarget,
    mappingDigest: string,
    id: string,
    detail: string,
    nowMs: number,
  ): Promise<void> {
    return recordFailedRun(this.#pool, target, mappingDigest, id, detail, nowMs);
  }

  counts(runId: string): Promise<RunCounts> {
    return readRun(this.#pool, runId);
  }

  unreadEvents(): Promise<bigint> {
    return readUnreadEvents(this.#pool, this.#consumer);
  }

  positions(topic: string): Promise<readonly IngestPosition[]> {
    return readPositions(this.#pool, this.#consumer, topic);
  }
}
