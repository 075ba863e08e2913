import type { Baseline, OffsetJump, PartitionEvidence } from '../core/consistency/flowEvidence.ts';
import { lookAt, type Standstill } from '../core/consistency/standstill.ts';
import type { AppliedPositionSource } from '../ports/appliedPosition.ts';
import type { CaptureFence } from '../ports/captureFence.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventSource } from '../ports/eventSource.ts';
import type { KeyReader } from '../ports/keyReader.ts';
import type { Pause } from '../ports/pause.ts';
import type { Side } from '../ports/rowReader.ts';
import type { ChangeWindow } from './changeWindow.ts';
import { EarlierLooks } from './earlierLooks.ts';
import type { FlowFound, Positions } from './flowFound.ts';
import { topicState } from './topicState.ts';
import type { WindowPartition } from './windowPartition.ts';

export interface FlowWatchOptions {
  readonly window: ChangeWindow;
  /** The other side's own changes; null where they are not captured. */
  readonly back: ChangeWindow | null;
  /** The side whose changes are captured; the other side's applier follows. */
  readonly writer: Side;
  readonly reader: Pick<KeyReader, 'applied' | 'transactionId' | 'keyProblem'>;
  /** The committed offsets of the applier's group, where its database keeps no position. */
  readonly group: AppliedPositionSource | null;
  /** Null where no connector is configured: then only the partition's own events can be a fence. */
  readonly fence: CaptureFence | null;
  /** The ends of the topic's log. */
  readonly log: Pick<EventSource, 'ranges'>;
  readonly clock: Clock;
  readonly pause: Pause;
}

const POLL_MS = 50;
const JUMPS_KEPT = 100;

/** What is known over time of one direction of a table: from where its events are held, and how its applier moves. */
export class FlowWatch {
  readonly topic: string;
  readonly window: ChangeWindow;
  readonly writer: Side;
  readonly follower: Side;
  /** What earlier looks found of both sides. */
  readonly looks: EarlierLooks;
  readonly #options: FlowWatchOptions;
  readonly #still = new Map<number, Standstill>();
  readonly #baselines = new Map<number, { readonly generation: number; readonly transactionId: bigint }>();
  #ends: Positions | null = null;
  #keyProblem: string | null = null;
  /** By partition, with how many logs had been read there: in another log the offsets are others. */
  readonly #jumps = new Map<number, { readonly logs: number; readonly jumps: readonly OffsetJump[] }>();
  #begun = 0;
  #noted: { readonly begun: number; readonly replaced: number; readonly applied: Positions | null } = {
    begun: 0,
    replaced: 0,
    applied: null,
  };

  constructor(options: FlowWatchOptions) {
    this.topic = options.window.topic;
    this.window = options.window;
    this.looks = new EarlierLooks(options.back === null ? [options.window] : [options.window, options.back]);
    this.writer = options.writer;
    this.follower = options.writer === 'source' ? 'target' : 'source';
    this.#options = options;
  }

  /** True if the applier commits its position to Kafka, after its rows. */
  get isRange(): boolean {
    return this.#options.group !== null;
  }

  /** How often a baseline was fixed. */
  get begun(): number {
    return this.#begun;
  }

  /** True if this direction carries changes: its log holds something, or its connector exists. */
  async isActive(): Promise<boolean> {
    if (this.window.partitions.some(({ end }) => end > 0n)) return true;
    const { fence } = this.#options;
    if (fence === null) return false;
    // A connector that can't be asked about may be writing.
    return fence.exists().catch(() => true);
  }

  /** Takes a transaction id for every partition whose record of events began anew (A6). Free while none has. */
  async begin(): Promise<void> {
    const begun = this.window.partitions
      .filter(({ part, generation }) => this.#baselines.get(part)?.generation !== generation)
      .map(({ part, generation }) => ({ part, generation }));
    if (begun.length === 0) return;
    this.#keyProblem = await this.#options.reader.keyProblem(this.writer);
    const transactionId = await this.#options.reader.transactionId(this.writer);
    for (const { part, generation } of begun) this.#baselines.set(part, { generation, transactionId });
    this.#begun += 1;
  }

  /**
   * Notes where the applier is once the changes of its own side are held: what it applies from there on is told from
   * foreign writes. Free until the other direction begins anew.
   */
  async noteBaselineOf(reverse: FlowWatch): Promise<void> {
    const { begun } = reverse;
    const { replaced } = this.looks;
    if (begun === 0 || (this.#noted.begun === begun && this.#noted.replaced === replaced)) return;
    this.#noted = { begun, replaced, applied: await this.applied().catch(() => null) };
  }

  /** Looks at the applier's position and the log's ends, so that what happens while nothing is compared is noticed. */
  async look(): Promise<Positions> {
    const applied = await this.applied();
    await this.readEnds();
    this.remember(applied);
    return applied;
  }

  /** Next offset by partition that has not been applied; of one that is missing, nothing has been. */
  async applied(): Promise<Positions> {
    const { group, reader } = this.#options;
    return group === null ? ((await reader.applied(this.follower)) ?? new Map()) : group.read(this.topic);
  }

  /**
   * The log's ends, read now; the window begins again where its own position does not fit them. A partition that is not
   * followed yet was added to the topic: from then on every key's changes are looked for in all partitions.
   */
  async readEnds(): Promise<Positions> {
    // What is read meanwhile lies below the ends that are on their way: nothing of it may seem to be past them.
    const before = this.window.ends;
    const ranges = (await this.#options.log.ranges([this.topic])).get(this.topic) ?? [];
    for (const { partition, low, high } of ranges) {
      const own = this.window.partition(partition);
      if (own !== undefined && before.get(partition) === own.end) own.checkRange(low, high);
    }
    this.#ends = new Map(ranges.map(({ partition, high }) => [partition, high]));
    if (before.size > 0 && ranges.some(({ partition }) => !before.has(partition))) this.window.grow();
    return this.#ends;
  }

  /**
   * Waits, at most `patienceMs` (0: asks once and does not wait), until everything committed up to the log position `lsn` has been read from these
   * partitions (null: every one): by an event of the partition itself that says so, or because the connector's
   * committed offset is past `lsn` and the partition has been read up to an end that was taken after that was seen.
   */
  async fence(
    lsn: bigint,
    wanted: ReadonlySet<number> | null,
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly passed: ReadonlySet<number>; readonly all: boolean }> {
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + patienceMs;
    let acknowledged: Positions | null = null;
    let askedAtMs = Number.NEGATIVE_INFINITY;
    for (;;) {
      const partitions = this.window.partitions;
      const passed = partitions.filter(({ part, lastCommitLsn, end }) => {
        if (lastCommitLsn !== null && lastCommitLsn > lsn) return true;
        const high = acknowledged?.get(part);
        return high !== undefined && end >= high;
      });
      const parts = new Set(passed.map(({ part }) => part));
      const all =
        wanted === null
          ? partitions.length > 0 && parts.size === partitions.length
          : [...wanted].every((part) => parts.has(part));
      if (all || signal.aborted) return { passed: parts, all };
      if (acknowledged === null && clock.nowMs() - askedAtMs >= POLL_MS) {
        askedAtMs = clock.nowMs();
        if (await this.#isPast(lsn)) {
          acknowledged = await this.readEnds().catch(() => null);
          continue;
        }
      }
      if (clock.nowMs() >= untilMs) return { passed: parts, all };
      await this.window.untilMoved(POLL_MS, signal);
    }
  }

  /** Waits until the applier has passed these offsets, at most `patienceMs`. True if it has. */
  async appliedPast(offsets: Positions, patienceMs: number, signal: AbortSignal): Promise<boolean> {
    const { clock, pause } = this.#options;
    const untilMs = clock.nowMs() + patienceMs;
    while (offsets.size > 0) {
      const applied = await this.applied();
      this.remember(applied);
      if ([...offsets].every(([part, offset]) => (applied.get(part) ?? 0n) > offset)) return true;
      if (clock.nowMs() >= untilMs || signal.aborted) return false;
      await pause(POLL_MS, signal);
    }
    return true;
  }

  /** Waits until the window has been read up to these positions; returns those that lie past the end of the log itself. */
  async readPast(positions: Positions, patienceMs: number, signal: AbortSignal): Promise<Positions> {
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + patienceMs;
    const short = () => this.window.partitions.filter(({ part, end }) => end < (positions.get(part) ?? 0n));
    while (short().length > 0) {
      if (clock.nowMs() >= untilMs || signal.aborted) break;
      await this.window.untilMoved(POLL_MS, signal);
    }
    const behind = short();
    if (behind.length === 0) return new Map();
    const ends = await this.readEnds().catch(() => null);
    const beyond = behind.flatMap(({ part }) => {
      const end = ends?.get(part);
      return end !== undefined && end < (positions.get(part) ?? 0n) ? [[part, end] as const] : [];
    });
    return new Map(beyond);
  }

  /** Notes that the applier's position was set over these offsets. */
  noteJump(part: number, jump: OffsetJump): void {
    const known = this.#jumpsOf(part);
    if (known.some(({ from, to }) => from <= jump.from && to >= jump.to)) return;
    const logs = this.window.partition(part)?.logs ?? 0;
    this.#jumps.set(part, { logs, jumps: [...known, jump].slice(-JUMPS_KEPT) });
  }

  #jumpsOf(part: number): readonly OffsetJump[] {
    const known = this.#jumps.get(part);
    return known === undefined || known.logs !== this.window.partition(part)?.logs ? [] : known.jumps;
  }

  remember(applied: Positions): void {
    const nowMs = this.#options.clock.nowMs();
    for (const { part, end } of this.window.partitions) {
      this.#still.set(part, lookAt(this.#still.get(part), applied.get(part) ?? 0n, end, nowMs));
    }
  }

  /** What is known of these partitions (null: of every one that the topic has). */
  partitions(found: FlowFound, parts: ReadonlySet<number> | null): readonly PartitionEvidence[] {
    const known = new Set([...this.window.partitions.map(({ part }) => part), ...(this.#ends?.keys() ?? [])]);
    return [...(parts ?? known)].map((part) => this.#partition(found, part));
  }

  #partition(found: FlowFound, part: number): PartitionEvidence {
    const own = this.window.partition(part);
    const { applied } = found;
    const next = (positions: Positions) => positions.get(part) ?? 0n;
    const baseline = own === undefined ? null : this.#baseline(own);
    const notedApplied = this.#noted.replaced === this.looks.replaced ? this.#noted.applied : null;
    return {
      part,
      baseline,
      heldSince: own?.heldSince ?? 'unknown',
      fencePassed: found.fenced.has(part),
      readTo: own?.end ?? 0n,
      applied:
        applied.kind === 'exact'
          ? { kind: 'exact', next: next(applied.next) }
          : applied.kind === 'range'
            ? { kind: 'range', from: next(applied.from), to: next(applied.to) }
            : { kind: 'exact', next: 0n },
      stillMs: this.stillMs(part),
      jumps: this.#jumpsOf(part),
      appliedAtReverseBaseline: notedApplied === null ? null : next(notedApplied),
      topic:
        this.#keyProblem === null
          ? topicState(this.window, part, found, own, baseline)
          : { kind: 'broken', reason: this.#keyProblem },
    };
  }

  #baseline(own: WindowPartition): Baseline | null {
    const taken = this.#baselines.get(own.part);
    if (taken?.generation !== own.generation) return null;
    return { offset: own.base, transactionId: taken.transactionId };
  }

  /** What can't be asked has not passed: the keys wait, and nothing else stops. */
  async #isPast(lsn: bigint): Promise<boolean> {
    const { fence } = this.#options;
    return fence === null ? false : fence.isPast(lsn).catch(() => false);
  }

  /** How long the applier's position has stood still with events waiting. */
  stillMs(part: number): number {
    const still = this.#still.get(part);
    return still === undefined ? 0 : this.#options.clock.nowMs() - still.sinceMs;
  }
}
