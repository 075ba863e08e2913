// The newest part of one change topic in memory, for the verifier: Kafka is the log, this is what of it a verdict needs.
// Bounded: keys that are settled are forgotten first; then the older half of the rest, which only delays verdicts.
import { columnShape } from '../core/cdc/columnShape.ts';
import type { UsedColumns } from '../core/cdc/debezium.ts';
import { inCommitOrder } from '../core/consistency/eventOrder.ts';
import type { RecordMark } from '../ports/continuousStore.ts';
import type { SourceBatch } from '../ports/eventSource.ts';
import type { Pause } from '../ports/pause.ts';
import type { SettledMark, WindowEvent } from './windowEvent.ts';
import { WindowMemory } from './windowMemory.ts';
import { WindowPartition } from './windowPartition.ts';

export interface ChangeWindowOptions {
  readonly topic: string;
  readonly columns: UsedColumns;
  readonly pause: Pause;
  /** Memory for events, shared with other windows; a budget of its own unless given. */
  readonly memory?: WindowMemory;
}

/** A look at rows that is under way: no event that it may need is forgotten as settled before it ends. */
export interface WindowLook {
  /** Next offsets by partition when it began. */
  readonly ends: ReadonlyMap<number, bigint>;
  readonly tick: number;
}

/** Of one key: by offset, or, where they lie in several partitions, in the order in which they were committed. */
export interface KeyEvents {
  readonly events: readonly WindowEvent[];
  /** The partitions that hold any; more than one is a fault of a topic that has not grown. */
  readonly parts: readonly number[];
  /** False if they lie in several partitions and do not tell their order. */
  readonly ordered: boolean;
}

const NO_EVENTS: KeyEvents = { events: [], parts: [], ordered: true };

export class ChangeWindow {
  readonly topic: string;
  readonly #options: ChangeWindowOptions;
  readonly #memory: WindowMemory;
  readonly #partitions = new Map<number, WindowPartition>();
  readonly #shape = columnShape();
  readonly #looks = new Set<number>();
  readonly #listeners: ((changes: readonly WindowEvent[]) => void)[] = [];
  #marks: { readonly tick: number; readonly mark: SettledMark }[] = [];
  #tick = 0;
  #moved = Promise.withResolvers<void>();
  #grown = false;
  #truncated: { readonly part: number; readonly offset: bigint; readonly logs: number }[] = [];

  constructor(options: ChangeWindowOptions) {
    this.topic = options.topic;
    this.#options = options;
    this.#memory = options.memory ?? new WindowMemory();
    this.#memory.join(this);
  }

  get partitions(): readonly WindowPartition[] {
    return [...this.#partitions.values()];
  }

  partition(part: number): WindowPartition | undefined {
    return this.#partitions.get(part);
  }

  /** True once partitions were added to the topic: the older events of a key may lie in another one than the newer. */
  get grown(): boolean {
    return this.#grown;
  }

  /** How often the log of a partition turned out to be made anew. */
  get replaced(): number {
    return this.partitions.reduce((sum, { logs }) => sum + logs - 1, 0);
  }

  /** Notes that partitions were added to the topic; it stays so. */
  grow(): void {
    this.#grown = true;
  }

  /** TRUNCATEs that came in the logs of now: a verdict needs an applier past each of them. */
  get truncated(): readonly { readonly part: number; readonly offset: bigint }[] {
    return this.#truncated.filter(({ part, logs }) => this.partition(part)?.logs === logs);
  }

  /** Tells of each batch's changes, repeats among them, after they are held. */
  onChanges(listener: (changes: readonly WindowEvent[]) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes up a partition at this offset, unless it is held already. `mark` is a record of the log that was verified before. */
  open(part: number, base: bigint, mark: RecordMark | null = null): WindowPartition {
    const known = this.#partitions.get(part);
    if (known !== undefined) return known;
    const partition = new WindowPartition(this.topic, part, base, this.#options.columns, this.#shape, mark);
    this.#partitions.set(part, partition);
    return partition;
  }

  add(batch: SourceBatch): void {
    const partition = this.#partitions.get(batch.partition);
    if (partition === undefined) return;
    const { changes, truncatedAt } = partition.add(batch);
    if (truncatedAt !== null) this.#beginAfterTruncate(partition, truncatedAt);
    this.#makeRoom();
    if (changes.length > 0) for (const tell of this.#listeners) tell(changes);
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  /** Resolves when more has been read, or after `ms`. */
  async untilMoved(ms: number, signal: AbortSignal): Promise<void> {
    const waited = new AbortController();
    await Promise.race([this.#moved.promise, this.#options.pause(ms, AbortSignal.any([signal, waited.signal]))]);
    waited.abort();
  }

  /** Next offsets by partition: a mark for `since`. */
  get ends(): ReadonlyMap<number, bigint> {
    return new Map(this.partitions.map(({ part, end }) => [part, end]));
  }

  /** The key's events, wherever they lie. */
  events(key: string): KeyEvents {
    let found: KeyEvents = NO_EVENTS;
    for (const partition of this.#partitions.values()) {
      const events = partition.events(key);
      if (events.length === 0) continue;
      if (found !== NO_EVENTS) return this.#eventsOfSeveral(key);
      found = { events, parts: [partition.part], ordered: true };
    }
    return found;
  }

  /** Keys with an event at or past the mark; null if some of those events are no longer held. */
  since(mark: ReadonlyMap<number, bigint>): ReadonlySet<string> | null {
    const keys = new Set<string>();
    for (const partition of this.#partitions.values()) {
      const from = mark.get(partition.part) ?? 0n;
      if (partition.base > from) return null;
      for (const key of partition.keys) {
        const newest = partition.events(key).at(-1);
        if (newest !== undefined && newest.offset >= from) keys.add(key);
      }
    }
    return keys;
  }

  beginLook(): WindowLook {
    this.#tick += 1;
    this.#looks.add(this.#tick);
    return { ends: this.ends, tick: this.#tick };
  }

  /** Ends a look; what it saw (null: nothing) lets older events of these keys go. */
  endLook(look: WindowLook, seen: SettledMark | null, keys: readonly string[]): void {
    this.#looks.delete(look.tick);
    if (seen !== null) {
      this.#tick += 1;
      this.#marks.push({ tick: this.#tick, mark: seen });
    }
    const mark = this.#settled();
    if (mark !== null) for (const partition of this.#partitions.values()) partition.prune(keys, mark);
  }

  #eventsOfSeveral(key: string): KeyEvents {
    const holding = this.partitions
      .filter((partition) => partition.events(key).length > 0)
      .toSorted((a, b) => a.part - b.part);
    return {
      ...inCommitOrder(holding.map((partition) => partition.events(key))),
      parts: holding.map(({ part }) => part),
    };
  }

  /** The newest mark that was there before every look under way began: those see at least as much. */
  #settled(): SettledMark | null {
    const oldest = Math.min(...this.#looks, Number.POSITIVE_INFINITY);
    const usable = this.#marks.findLastIndex(({ tick }) => tick < oldest);
    if (usable < 0) return null;
    this.#marks = this.#marks.slice(usable);
    return this.#marks[0]?.mark ?? null;
  }

  #makeRoom(): void {
    const maxBytes = this.#memory.allowed(this);
    let over = this.bytes - maxBytes;
    if (over <= 0) return;
    // A quarter more than is needed, so that not every batch searches again.
    over += maxBytes / 4;
    const mark = this.#settled();
    for (const partition of this.#partitions.values()) {
      if (mark !== null && over > 0) over -= partition.evict(over, mark);
    }
    while (this.bytes > maxBytes) {
      const largest = this.partitions.reduce((a, b) => (a.bytes >= b.bytes ? a : b));
      largest.halve();
    }
  }

  /** What its events take, about. */
  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#partitions.values()) sum += bytes;
    return sum;
  }

  /** All rows are gone without an event of their own: every key's history begins again, in every partition. */
  #beginAfterTruncate(at: WindowPartition, offset: bigint): void {
    for (const partition of this.#partitions.values()) {
      partition.begin(partition.end, `a TRUNCATE came at partition ${at.part}, offset ${offset}`);
    }
    const { part, logs } = at;
    this.#truncated = [...this.#truncated.filter((known) => known.part !== part), { part, offset, logs }];
  }
}
