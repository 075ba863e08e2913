// Continuous verification of one table: every change event's key is judged as soon as its change has been applied.
// Workers share the partitions by leases; findings, time to consistency and positions move in one transaction, so that
// a restart goes on at what was verified last.
import { messageOf } from '../errors.ts';
import type { ContinuousStore } from '../ports/continuousStore.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';
import { CONTINUOUS_LIMITS, type ContinuousLimits } from './continuousLimits.ts';
import { continuousReport } from './continuousReport.ts';
import { Convergence } from './convergence.ts';
import { NOWHERE, type Positions } from './flowFound.ts';
import type { FlowWatch } from './flowWatch.ts';
import { FollowedFlow } from './followedFlow.ts';
import { judgeChanges } from './judgeChanges.ts';
import type { JudgedKey } from './judgedKey.ts';
import { keyFinding } from './keyFinding.ts';
import { lookFirst } from './lookFirst.ts';
import { FRESH, type LookKind, patient, STALLED } from './lookKind.ts';
import { UnwrittenVerdicts } from './unwrittenVerdicts.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import { activeReverse } from './verifyKeys.ts';

export interface VerifyChangesOptions {
  readonly table: VerifiedTable;
  readonly store: ContinuousStore;
  /** Unique for this process: it owns leases. */
  readonly owner: string;
  readonly status: StatusBoard;
  readonly limits?: Partial<ContinuousLimits>;
}

type Take = (flow: FollowedFlow, applied: Positions, limit: number, nowMs: number) => readonly string[];
const REPORT_EVERY_MS = 2_000;
const STALLED_EVERY_MS = 2_000;

const fresh: Take = (flow, applied, limit, nowMs) => flow.next(limit, applied, nowMs, false);
const again: Take = (flow, applied, limit, nowMs) => flow.next(limit, applied, nowMs, true);

/** Verifies changes until the signal aborts; what fails outside is reported and tried again. */
export function verifyChanges(options: VerifyChangesOptions, signal: AbortSignal): Promise<void> {
  return new ChangeVerification(options).run(signal);
}

class ChangeVerification {
  readonly #options: VerifyChangesOptions;
  readonly #table: VerifiedTable;
  readonly #limits: ContinuousLimits;
  readonly #flows: readonly FollowedFlow[];
  readonly #convergence: Convergence;
  readonly #lanes = new Set<Promise<void>>();
  #patient: Promise<void> | null = null;
  #reverse: FlowWatch | null = null;
  #applied: readonly Positions[] = [];
  #unwritten = new UnwrittenVerdicts();
  #judged = 0;
  #asked = 0;
  #atMs = { leased: 0, committed: 0, stalled: 0, reported: 0, asked: 0 };
  #trouble: unknown = null;

  constructor(options: VerifyChangesOptions) {
    this.#options = options;
    this.#table = options.table;
    const limits = { ...CONTINUOUS_LIMITS, ...options.limits };
    this.#limits = limits;
    const { forward, reverse, context, table } = options.table;
    this.#flows = (reverse === null ? [forward] : [forward, reverse]).map(
      (watch) => new FollowedFlow(watch, options.table, options.store, limits),
    );
    this.#convergence = new Convergence(context, table);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { pause, logger } = this.#table;
    const firstLook = lookFirst(this.#table, this.#options.store, signal);
    while (!signal.aborted) {
      try {
        await this.#tick(signal);
        this.#trouble = null;
      } catch (error) {
        this.#trouble = error;
        logger.warn({ table: this.#table.table, err: messageOf(error) }, 'changes could not be verified; trying again');
        await pause(1_000, signal);
      }
      this.#report();
      await pause(this.#limits.tickMs, signal);
    }
    await Promise.all([firstLook, ...this.#lanes]);
    await this.#end();
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const nowMs = this.#nowMs();
    const isDue = nowMs - this.#atMs.leased >= this.#limits.leaseMs / 3;
    // Changes in a partition that was added wait for nobody's lease to end.
    if (isDue || this.#wanted.length !== this.#asked) await this.#lease();
    for (const flow of this.#flows) flow.noteGaps();
    if (this.#waiting > 0) {
      await this.#sample();
      this.#fill(signal);
    }
    if (nowMs - this.#atMs.committed >= this.#limits.commitEveryMs) {
      await this.#commit();
      for (const flow of this.#flows) await flow.balance();
    }
  }

  async #lease(): Promise<void> {
    const { store, owner } = this.#options;
    const wanted = this.#wanted;
    if (wanted.length === 0) return;
    const nowMs = this.#nowMs();
    const leases = await store.lease(this.#table, owner, wanted, nowMs, this.#limits.leaseMs);
    for (const flow of this.#flows) flow.hold(leases, await flow.watch.readEnds());
    this.#reverse = await activeReverse(this.#table);
    this.#atMs.leased = nowMs;
    this.#asked = wanted.length;
  }

  /** Reads where the appliers are: only what has been applied is worth a look. */
  async #sample(): Promise<void> {
    const applied: Positions[] = [];
    for (const [i, { watch }] of this.#flows.entries()) {
      const startMs = this.#nowMs();
      const positions = i === 0 || this.#reverse !== null ? await watch.applied() : NOWHERE;
      watch.remember(positions);
      if (i === 0) this.#convergence.sample(positions, startMs, this.#nowMs());
      applied.push(positions);
    }
    this.#applied = applied;
  }

  #fill(signal: AbortSignal): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#atMs.stalled >= STALLED_EVERY_MS) {
      this.#atMs.stalled = nowMs;
      const { stalledAfterMs } = this.#table.limits;
      this.#start(
        this.#next((flow, _, limit) => flow.stalled(limit, stalledAfterMs, nowMs)),
        STALLED,
        signal,
      );
    }
    // What was looked at in vain changes faster than it is applied: a look that waits longer, and holds up no other.
    if (this.#patient === null || !this.#lanes.has(this.#patient)) {
      this.#patient = this.#start(this.#next(again), patient(this.#table.limits), signal);
    }
    while (this.#hasFreeLane) if (this.#start(this.#next(fresh), FRESH, signal) === null) break;
  }

  get #hasFreeLane(): boolean {
    const { lanes, fullLanes, keysAtOnce } = this.#limits;
    const busy = this.#lanes.size;
    return busy < lanes || (busy < fullLanes && this.#waiting > busy * keysAtOnce);
  }

  /** Begins a lane with these keys; null if there are none. */
  #start(keys: readonly string[], kind: LookKind, signal: AbortSignal): Promise<void> | null {
    if (keys.length === 0) return null;
    const lane = this.#lane(keys, kind, signal).finally(() => this.#lanes.delete(lane));
    this.#lanes.add(lane);
    return lane;
  }

  /** Looks at the keys; one for fresh keys goes on with more of them while there are enough. */
  async #lane(first: readonly string[], kind: LookKind, signal: AbortSignal): Promise<void> {
    for (let keys = first; keys.length > 0 && !signal.aborted; keys = this.#next(fresh)) {
      const isDone = await this.#look(keys, kind, signal);
      if (!isDone || keys.length < this.#limits.keysAtOnce || kind !== FRESH) return;
    }
  }

  #next(take: Take): readonly string[] {
    // What is not written down yet is kept in memory: while the store is away nothing is added to it for ever.
    if (this.#unwritten.clean.size > this.#limits.inMemory) return [];
    const keys = new Set<string>();
    for (const [i, flow] of this.#flows.entries()) {
      const limit = this.#limits.keysAtOnce - keys.size;
      for (const key of take(flow, this.#applied[i] ?? NOWHERE, limit, this.#nowMs())) keys.add(key);
    }
    return [...keys];
  }

  /** False if it failed on the way: what it had not come to is put off. */
  async #look(keys: readonly string[], { applyMs, byHashesFirst }: LookKind, signal: AbortSignal): Promise<boolean> {
    const { patienceMs: captureMs } = this.#table.limits;
    const options = { reverse: this.#reverse, patience: { captureMs, applyMs }, signal, byHashesFirst };
    const left = new Set(keys);
    try {
      const again = await judgeChanges(this.#table, keys, options, (judged, covered) => {
        left.delete(judged.key);
        if (covered === null) this.#putOff(judged.key);
        else this.#settle(judged, covered);
      });
      for (const each of again) this.#unwritten.add(keyFinding(this.#table, each));
      return true;
    } catch (error) {
      this.#trouble = error;
      for (const key of left) this.#putOff(key);
      return false;
    } finally {
      this.#judged += keys.length - left.size;
    }
  }

  #putOff(key: string): void {
    for (const flow of this.#flows) flow.putOff(key, this.#nowMs());
  }

  #settle(judged: JudgedKey, covered: readonly Positions[]): void {
    const { key, decision } = judged;
    const { verdict } = decision;
    const nowMs = this.#nowMs();
    if (verdict === 'CLEAN' || verdict === 'DIVERGED') {
      for (const [i, flow] of this.#flows.entries()) {
        const ended = flow.settle(key, covered[i] ?? NOWHERE);
        if (ended === null || i > 0 || ended.firstTsUs === null) continue;
        const change = { part: ended.part, offset: ended.first, commitUs: ended.firstTsUs };
        this.#convergence.count(change, verdict, nowMs);
      }
      if (verdict === 'CLEAN') this.#unwritten.addClean(key, judged.judgedAtMs);
      else this.#unwritten.add(keyFinding(this.#table, judged));
      return;
    }
    const isTold = verdict === 'STALLED' || this.#flows.some((flow) => flow.triesOf(key) >= this.#limits.triesToTell);
    if (isTold && this.#unwritten.openCount < this.#limits.toldAtOnce) {
      this.#unwritten.add(keyFinding(this.#table, judged));
    }
    this.#putOff(key);
  }

  async #commit(): Promise<void> {
    const { store, owner } = this.#options;
    const progress = this.#flows.map((flow) => flow.progress(this.#nowMs()));
    const partitions = progress.flat();
    if (partitions.length === 0) return;
    const verdicts = this.#unwritten;
    this.#unwritten = new UnwrittenVerdicts();
    const nowMs = this.#nowMs();
    const passedOver = progress[0]?.reduce((sum, { skipped }) => sum + skipped, 0n) ?? 0n;
    if (passedOver > 0n) this.#convergence.passedOver(Number(passedOver), nowMs);
    const fold = this.#convergence.drain();
    const counters = { buckets: fold.buckets(), bins: fold.bins() };
    const { proved, clean, open: findings } = verdicts;
    const written = { partitions, proved, clean, findings, ...counters };
    const kept = await store.commit(this.#table, owner, written).catch((error: unknown) => {
      // Whether it was written is unknown: verdicts are given again, counted is only what the store took.
      verdicts.addAll(this.#unwritten);
      this.#unwritten = verdicts;
      throw error;
    });
    this.#atMs.committed = nowMs;
    if (kept) {
      for (const [i, flow] of this.#flows.entries()) flow.written(progress[i] ?? []);
    } else {
      // Another worker took a partition: it verifies again what this one could not write down.
      for (const flow of this.#flows) flow.drop();
      this.#atMs.leased = 0;
    }
  }

  async #end(): Promise<void> {
    const { store, owner } = this.#options;
    try {
      await this.#commit();
      await store.release(this.#table, owner);
    } catch (error) {
      this.#table.logger.warn({ err: messageOf(error) }, 'the last verdicts could not be written down');
    }
  }

  #report(): void {
    const nowMs = this.#nowMs();
    const tookMs = nowMs - this.#atMs.reported;
    if (tookMs < REPORT_EVERY_MS) return;
    const { table, status } = this.#options;
    status.report(
      continuousReport(table, {
        keysPerSec: Math.round((this.#judged * 1000) / tookMs),
        waiting: this.#waiting,
        stored: this.#flows.reduce((sum, flow) => sum + flow.stored, 0),
        skipped: this.#flows.reduce((sum, flow) => sum + flow.skipped, 0n),
        trouble: this.#trouble,
      }),
    );
    this.#judged = 0;
    this.#atMs.reported = nowMs;
  }

  /** The partitions to ask leases for. */
  get #wanted() {
    return this.#flows.flatMap((flow) => flow.wanted);
  }

  get #waiting(): number {
    return this.#flows.reduce((sum, flow) => sum + flow.waiting, 0);
  }

  #nowMs(): number {
    return this.#table.clock.nowMs();
  }
}
