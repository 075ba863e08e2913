import type { FlowEvidence, PartitionEvidence, TopicState } from '../core/consistency/flowEvidence.ts';
import type { HeldEvent } from '../core/consistency/heldEvent.ts';
import type { Row } from '../core/consistency/row.ts';
import { parseSnapshot } from '../core/consistency/snapshot.ts';
import { lookAt, type Standstill } from '../core/consistency/standstill.ts';
import type { CaptureFence } from '../ports/captureFence.ts';
import type { Clock } from '../ports/clock.ts';
import type { Pause } from '../ports/pause.ts';
import type { RowReader, Side, SideRead } from '../ports/rowReader.ts';
import type { IngestPosition, NewestEvent, VerifyStore } from '../ports/verifyStore.ts';

export interface FlowWatchOptions {
  readonly topic: string;
  /** The side whose changes are captured; the other side's applier follows. */
  readonly writer: Side;
  readonly reader: RowReader;
  readonly store: VerifyStore;
  /** Null where no connector is configured: then only the partition's own events can be a fence. */
  readonly fence: CaptureFence | null;
  readonly clock: Clock;
  readonly pause: Pause;
}

/** From where on every event is held: offsets by partition, and a transaction id taken after they were fixed. */
interface Baseline {
  readonly offsets: ReadonlyMap<number, bigint>;
  readonly transactionId: bigint;
}

const POLL_MS = 100;

/** What is known over time of one direction of a table: where Banyan began, and how long the applier has stood still. */
export class FlowWatch {
  readonly topic: string;
  readonly writer: Side;
  readonly follower: Side;
  readonly #options: FlowWatchOptions;
  readonly #still = new Map<number, Standstill>();
  #baseline: Baseline | null = null;
  #appliedAtReverseBaseline: ReadonlyMap<number, bigint> | null = null;

  constructor(options: FlowWatchOptions) {
    this.topic = options.topic;
    this.writer = options.writer;
    this.follower = options.writer === 'source' ? 'target' : 'source';
    this.#options = options;
  }

  /** True if this direction carries changes: something of it has been read, or its connector exists. */
  async isActive(): Promise<boolean> {
    const positions = await this.#options.store.positions(this.topic);
    if (positions.some((position) => position.nextOffset > 0n)) return true;
    const { fence } = this.#options;
    if (fence === null) return false;
    // A connector that can't be asked about may be writing.
    return fence.exists().catch(() => true);
  }

  /** Fixes where Banyan began, once, and again when partitions are added. */
  async begin(): Promise<void> {
    const { store, reader } = this.#options;
    const positions = await store.positions(this.topic);
    if (positions.length === 0) return;
    if (positions.every((position) => this.#baseline?.offsets.has(position.part))) return;
    const offsets = new Map(positions.map((position) => [position.part, position.nextOffset]));
    this.#baseline = { offsets, transactionId: await reader.transactionId(this.writer) };
  }

  /** Remembers, once, where the applier stood when the other direction had begun. */
  async reverseBegan(): Promise<void> {
    this.#appliedAtReverseBaseline ??= await this.#options.reader.applied(this.follower);
  }

  /** Looks at the applier's position, so that a standstill is noticed while nothing is compared. */
  async look(): Promise<void> {
    const applied = await this.#options.reader.applied(this.follower);
    if (applied !== null) this.#remember(applied, await this.#options.store.positions(this.topic));
  }

  /** Waits until every partition has been read past the position, at most `patienceMs`; returns the partitions that have. */
  async fence(
    lsn: bigint,
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly passed: ReadonlySet<number>; readonly all: boolean }> {
    const { store, clock, pause } = this.#options;
    const untilMs = clock.nowMs() + patienceMs;
    let acknowledgedAtMs: number | null = null;
    for (;;) {
      if (acknowledgedAtMs === null && (await this.#isPast(lsn))) acknowledgedAtMs = clock.nowMs();
      const positions = await store.positions(this.topic);
      const passed = positions.filter(
        (position) =>
          (position.lastCommitLsn !== null && position.lastCommitLsn > lsn) ||
          // All that was acknowledged lies below the high watermark that was read after the acknowledgement was seen.
          (acknowledgedAtMs !== null && position.caughtUpAtMs !== null && position.caughtUpAtMs > acknowledgedAtMs),
      );
      const all = positions.length > 0 && passed.length === positions.length;
      if (all || clock.nowMs() >= untilMs || signal.aborted) {
        return { passed: new Set(passed.map((position) => position.part)), all };
      }
      await pause(POLL_MS, signal);
    }
  }

  /** Waits until the applier has passed these events, at most `patienceMs`. True if it has. */
  async appliedPast(events: Iterable<NewestEvent>, patienceMs: number, signal: AbortSignal): Promise<boolean> {
    const { reader, clock, pause } = this.#options;
    const newest = new Map<number, bigint>();
    for (const { part, offset } of events)
      newest.set(part, offset > (newest.get(part) ?? -1n) ? offset : (newest.get(part) ?? 0n));
    const untilMs = clock.nowMs() + patienceMs;
    for (;;) {
      const applied = await reader.applied(this.follower);
      if (applied === null) return true;
      if ([...newest].every(([part, offset]) => (applied.get(part) ?? 0n) > offset)) return true;
      if (clock.nowMs() >= untilMs || signal.aborted) return false;
      await pause(POLL_MS, signal);
    }
  }

  /** Waits until Banyan's ingest has read as far as the applier, then returns where it stands. */
  async positionsPast(
    applied: SideRead['applied'],
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<readonly IngestPosition[]> {
    const { store, clock, pause } = this.#options;
    const untilMs = clock.nowMs() + patienceMs;
    for (;;) {
      const positions = await store.positions(this.topic);
      const there = positions.every((position) => position.nextOffset >= (applied?.get(position.part) ?? 0n));
      if (there || clock.nowMs() >= untilMs || signal.aborted) {
        if (applied !== null) this.#remember(applied, positions);
        return positions;
      }
      await pause(POLL_MS, signal);
    }
  }

  /** The evidence of this direction for one key. Without an event its partition is not known: every one must do. */
  evidence(parts: {
    readonly read: SideRead;
    readonly applied: SideRead['applied'];
    readonly positions: readonly IngestPosition[];
    readonly fenced: ReadonlySet<number>;
    readonly event: NewestEvent | undefined;
    readonly image: Row | 'unavailable';
    readonly heldBeforeRead: boolean;
  }): FlowEvidence {
    const { applied, event, fenced } = parts;
    const own = event === undefined ? parts.positions : parts.positions.filter(({ part }) => part === event.part);
    return {
      snapshot: parseSnapshot(parts.read.snapshot),
      partitions: own.map((position) => this.#partition(position, applied, fenced, event)),
      events: event === undefined ? [] : [heldEvent(event, parts.image, parts.heldBeforeRead)],
      appliedDropsRepeats: true,
      misplaced: null,
    };
  }

  /** Only the newest event of a key is held here: what came before it can't be folded, so all is held from it on. */
  #partition(
    { part, nextOffset, stopped }: IngestPosition,
    applied: SideRead['applied'],
    fenced: ReadonlySet<number>,
    event: NewestEvent | undefined,
  ): PartitionEvidence {
    const began = this.#baseline?.offsets.get(part);
    const from = event === undefined || began === undefined || event.offset < began ? began : event.offset + 1n;
    return {
      part,
      baseline:
        from === undefined || this.#baseline === null
          ? null
          : { offset: from, transactionId: this.#baseline.transactionId },
      fencePassed: fenced.has(part),
      readTo: nextOffset,
      applied: { kind: 'exact', next: applied?.get(part) ?? 0n },
      stillMs: event === undefined ? 0 : this.#stillMs(part),
      jumps: [],
      appliedAtReverseBaseline: this.#appliedAtReverseBaseline?.get(part) ?? null,
      topic: this.#topicState(part, stopped, applied),
    };
  }

  /** What can't be asked has not passed: the keys wait, and nothing else stops. */
  async #isPast(lsn: bigint): Promise<boolean> {
    const { fence } = this.#options;
    return fence === null ? false : fence.isPast(lsn).catch(() => false);
  }

  #topicState(part: number, stopped: string | null, applied: SideRead['applied']): TopicState {
    if (applied === null) {
      const reason = `the applied position of ${this.topic} is not kept in the ${this.follower} database`;
      return { kind: 'broken', reason };
    }
    if (stopped === null) return { kind: 'whole' };
    return { kind: 'broken', reason: `${this.topic} partition ${part} is stopped: ${stopped}` };
  }

  #remember(applied: ReadonlyMap<number, bigint>, positions: readonly IngestPosition[]): void {
    const nowMs = this.#options.clock.nowMs();
    for (const { part, nextOffset } of positions) {
      this.#still.set(part, lookAt(this.#still.get(part), applied.get(part) ?? 0n, nextOffset, nowMs));
    }
  }

  #stillMs(part: number): number {
    const still = this.#still.get(part);
    return still === undefined ? 0 : this.#options.clock.nowMs() - still.sinceMs;
  }
}

function heldEvent(event: NewestEvent, image: Row | 'unavailable', heldBeforeRead: boolean): HeldEvent {
  const { offset, op, txId, sourceTsUs } = event;
  return { offset, op, txId, repeat: false, epoch: 'current', echo: false, sourceTsUs, heldBeforeRead, after: image };
}
