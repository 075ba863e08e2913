// One direction of a table in continuous verification: the partitions that this worker holds, and of each the keys that
// wait. Memory holds so many; the rest waits in the store; and when even that is too much, keys are left out, counted.
import type { ContinuousStore, LeasedPartition, WaitingChange } from '../ports/continuousStore.ts';
import type { VerifyTarget } from '../ports/verifyStore.ts';
import { ChangeBacklog, type WaitingKey } from './changeBacklog.ts';
import type { FlowWatch } from './flowWatch.ts';
import type { WindowEvent } from './windowEvent.ts';

/** Keys by where they wait, over the partitions of one direction. */
export interface BacklogLimits {
  /** Waiting in memory. */
  readonly inMemory: number;
  /** Over that for as long as it takes to move them to the store, before keys are left out. */
  readonly slack: number;
  /** Waiting in the store, before keys are left out. */
  readonly inStore: number;
}

interface HeldPartition {
  readonly backlog: ChangeBacklog;
  verifiedOffset: bigint;
  /** Of all time, as the store knows it, and what has come since. */
  skipped: bigint;
  skippedSince: bigint;
  /** Keys known to wait in the store, and no change of them lies below `storedFirst` (null: none waits there). */
  stored: number;
  storedFirst: bigint | null;
  /** What the window had lost, the log it read and its end when it was looked at last. */
  lost: bigint;
  logs: number;
  end: bigint;
  /** The log's end when it was taken over. Until it has been read so far, no fence can be passed: a look would be in vain. */
  caughtUpAt: bigint;
}

/** How often looks are written down: those that lie back a little tell no less. */
const LOOKS_EVERY_MS = 5_000;

export class FollowedFlow {
  readonly watch: FlowWatch;
  readonly #target: VerifyTarget;
  readonly #store: ContinuousStore;
  readonly #limits: BacklogLimits;
  readonly #held = new Map<number, HeldPartition>();
  readonly #everHeld = new Set<number>();
  #looksAtMs = Number.NEGATIVE_INFINITY;
  /** Logs replaced when looks were written down last: those of before must not outlive them. */
  #replaced = 0;
  /** Of the looks that are being written down. */
  #due: { readonly nowMs: number; readonly replaced: number } | null = null;

  constructor(watch: FlowWatch, target: VerifyTarget, store: ContinuousStore, limits: BacklogLimits) {
    this.watch = watch;
    this.#target = target;
    this.#store = store;
    this.#limits = limits;
    watch.window.onChanges((changes) => this.#take(changes));
  }

  get waiting(): number {
    return this.#sum(({ backlog }) => backlog.size);
  }

  get stored(): number {
    return this.#sum(({ stored }) => stored);
  }

  get skipped(): bigint {
    let sum = 0n;
    for (const { skipped, skippedSince } of this.#held.values()) sum += skipped + skippedSince;
    return sum;
  }

  /** What to ask leases for: every partition that is followed; one that nobody has verified begins with what is held. */
  get wanted() {
    const { topic } = this.watch;
    return this.watch.window.partitions.map(({ part, base }) => ({ topic, part, start: base }));
  }

  /** Takes over what was leased and drops the rest. `ends` are those of the log. */
  hold(leases: readonly LeasedPartition[], ends: ReadonlyMap<number, bigint>): void {
    const own = leases.filter(({ topic }) => topic === this.watch.topic);
    for (const part of this.#held.keys()) if (!own.some((lease) => lease.part === part)) this.#held.delete(part);
    for (const { part, verifiedOffset, skipped, looks } of own) {
      if (this.#held.has(part)) continue;
      this.watch.looks.restore(looks);
      const partition = this.watch.window.partition(part);
      if (partition === undefined) continue;
      // A log that ends before what was verified, or holds another record there, is another log: how much of the old one
      // was left nobody knows.
      const isReplaced = !this.#everHeld.has(part) && partition.logs > 1;
      const isNew = isReplaced || verifiedOffset > (ends.get(part) ?? verifiedOffset);
      this.#everHeld.add(part);
      const from = isNew ? partition.base : verifiedOffset;
      const missed = isNew ? partition.base + 1n : partition.base > from ? partition.base - from : 0n;
      const held: HeldPartition = {
        backlog: new ChangeBacklog(),
        verifiedOffset: from,
        skipped,
        skippedSince: missed,
        // Another worker may have left keys there: known when they are fetched.
        stored: 0,
        storedFirst: from,
        lost: partition.lost,
        logs: partition.logs,
        end: partition.end,
        caughtUpAt: ends.get(part) ?? 0n,
      };
      this.#held.set(part, held);
      for (const key of partition.keys) {
        for (const event of partition.events(key)) if (event.offset >= from) held.backlog.add(event);
      }
    }
  }

  drop(): void {
    this.#held.clear();
  }

  /** Notes what the windows have lost: those changes count with what was left out, for nobody judges them here. */
  noteGaps(): void {
    for (const part of this.#held.keys()) this.#noteGap(part);
  }

  /** Keys whose first waiting change is below the applied position, never looked at, or looked at in vain before. */
  next(limit: number, applied: ReadonlyMap<number, bigint>, nowMs: number, again: boolean): readonly string[] {
    return this.#keys(limit, (part, { backlog, end, caughtUpAt }, left) =>
      end < caughtUpAt ? [] : backlog.take(left, applied.get(part) ?? 0n, nowMs, again),
    );
  }

  /** Keys that wait where the applied position stands still so long. */
  stalled(limit: number, stillMs: number, nowMs: number): readonly string[] {
    return this.#keys(limit, (part, { backlog, end }, left) => {
      if (this.watch.stillMs(part) < stillMs) return [];
      const first = backlog.take(left, end, nowMs);
      return [...first, ...backlog.take(left - first.length, end, nowMs, true)];
    });
  }

  /** Ends the wait of a key for what the verdict at these positions covers. */
  settle(key: string, covered: ReadonlyMap<number, bigint>): (WaitingKey & { readonly part: number }) | null {
    let ended: (WaitingKey & { readonly part: number }) | null = null;
    for (const [part, { backlog }] of this.#held) {
      if (!backlog.has(key)) continue;
      const events = this.watch.window.partition(part)?.events(key) ?? [];
      const waited = backlog.settle(key, covered.get(part) ?? 0n, events);
      if (waited !== null) ended = { ...waited, part };
    }
    return ended;
  }

  /** Looks at the key in vain so far; 0 if it does not wait. */
  triesOf(key: string): number {
    for (const { backlog } of this.#held.values()) if (backlog.has(key)) return backlog.triesOf(key);
    return 0;
  }

  putOff(key: string, nowMs: number): void {
    for (const { backlog } of this.#held.values()) backlog.putOff(key, nowMs);
  }

  /** Moves keys between memory and store, so that neither is too full nor idle. */
  async balance(): Promise<void> {
    const { inMemory } = this.#limits;
    const { topic } = this.watch;
    for (const [part, held] of this.#held) {
      const share = Math.max(1, Math.floor(inMemory / this.#held.size));
      const over = held.backlog.size - share;
      if (over > 0) {
        const shed = held.backlog.shed(over + Math.floor(share / 10));
        const changes = shed.map((entry) => storedChange(topic, part, entry));
        held.stored += changes.length;
        for (const { first } of changes) {
          if (held.storedFirst === null || first < held.storedFirst) held.storedFirst = first;
        }
        try {
          await this.#store.spill(this.#target, changes);
        } catch (error) {
          for (const entry of shed) held.backlog.put(entry);
          throw error;
        }
      } else if (held.storedFirst !== null && held.backlog.size < share / 2) {
        await this.#fetch(part, held, Math.floor(share / 4));
      }
    }
  }

  /** How far each held partition is verified, and what was left out since `written` said so last. */
  progress(nowMs: number) {
    const { topic, looks } = this.watch;
    const isLate = nowMs - this.#looksAtMs >= LOOKS_EVERY_MS || looks.replaced !== this.#replaced;
    const isDue = looks.all.length > 0 && isLate;
    this.#due = isDue ? { nowMs, replaced: looks.replaced } : null;
    return [...this.#held].map(([part, held]) => {
      const waits = held.backlog.verifiedTo(held.end);
      held.verifiedOffset = held.storedFirst !== null && held.storedFirst < waits ? held.storedFirst : waits;
      const { verifiedOffset, skippedSince: skipped } = held;
      const mark = this.watch.window.partition(part)?.markBelow(verifiedOffset) ?? null;
      return { topic, part, verifiedOffset, skipped, mark, looks: isDue ? looks.toKeep(part, verifiedOffset) : [] };
    });
  }

  /** Takes what `progress` said as written down. */
  written(progress: readonly { readonly part: number; readonly skipped: bigint }[]): void {
    if (this.#due !== null) [this.#looksAtMs, this.#replaced] = [this.#due.nowMs, this.#due.replaced];
    for (const { part, skipped } of progress) {
      const held = this.#held.get(part);
      if (held === undefined) continue;
      held.skipped += skipped;
      held.skippedSince -= skipped;
    }
  }

  #keys(
    limit: number,
    take: (part: number, held: HeldPartition, left: number) => readonly WaitingKey[],
  ): readonly string[] {
    const keys: string[] = [];
    for (const [part, held] of this.#held) {
      for (const { key } of take(part, held, limit - keys.length)) keys.push(key);
    }
    return keys;
  }

  async #fetch(part: number, held: HeldPartition, limit: number): Promise<void> {
    const { topic } = this.watch;
    const back = await this.#store.unspill(this.#target, { topic, part }, limit);
    for (const { key, first, newest, sourceTsUs } of back) {
      held.backlog.put({ key, first, newest, firstTsUs: sourceTsUs, tries: 0 });
    }
    held.stored = back.length < limit ? 0 : Math.max(1, held.stored - back.length);
    // They come in the order of their first changes: none that is left lies below the last of these.
    held.storedFirst =
      back.length < limit ? null : back.reduce((most, { first }) => (first > most ? first : most), held.verifiedOffset);
  }

  #noteGap(part: number): HeldPartition | undefined {
    const held = this.#held.get(part);
    const partition = this.watch.window.partition(part);
    if (held === undefined || partition === undefined) return held;
    held.skippedSince += partition.lost - held.lost;
    held.lost = partition.lost;
    if (partition.logs !== held.logs) {
      // What waits has its place in a log that is gone.
      held.skippedSince += BigInt(held.backlog.size + held.stored);
      held.backlog.clear();
      held.verifiedOffset = partition.base;
      held.stored = 0;
      held.storedFirst = null;
      held.logs = partition.logs;
      held.caughtUpAt = 0n;
    }
    held.end = partition.end;
    return held;
  }

  #take(changes: readonly WindowEvent[]): void {
    for (const part of new Set(changes.map((change) => change.part))) this.#noteGap(part);
    const { inMemory, slack, inStore } = this.#limits;
    let room = this.stored >= inStore ? 0 : inMemory + slack - this.waiting;
    for (const change of changes) {
      const held = this.#held.get(change.part);
      if (held === undefined) continue;
      if (!held.backlog.has(change.key)) {
        if (room <= 0) {
          held.skippedSince += 1n;
          continue;
        }
        room -= 1;
      }
      held.backlog.add(change);
    }
  }

  #sum(of: (held: HeldPartition) => number): number {
    let sum = 0;
    for (const held of this.#held.values()) sum += of(held);
    return sum;
  }
}

function storedChange(topic: string, part: number, { key, first, newest, firstTsUs }: WaitingKey): WaitingChange {
  return { topic, part, key, first, newest, sourceTsUs: firstTsUs };
}
