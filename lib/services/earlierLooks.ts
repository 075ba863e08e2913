import type { EarlierLook } from '../core/consistency/earlierLook.ts';
import { parseSnapshot } from '../core/consistency/snapshot.ts';
import type { ChangeWindow } from './changeWindow.ts';
import type { AppliedAround, Positions } from './flowFound.ts';

/** One look in so many ms is kept, and the newest. */
const EVERY_MS = 1_000;
/** Two minutes' worth: a verdict comes within seconds of what it is on, unless much waits. */
const KEPT = 120;
/** How far those that outlive a restart lie behind the newest. */
const AGES_MS = [0, 1_000, 5_000, 10_000, 20_000, 30_000, 45_000, 60_000, 80_000, 100_000];

/** One side as it was read: its snapshot, and how far its captured changes had been read before; null if there are none. */
export interface SideLook {
  readonly snapshot: string;
  readonly ends: Positions | null;
}

/** Whose changes the looks have read: how often one of its logs turned out to be another than before. */
type Log = Pick<ChangeWindow, 'replaced'>;

/**
 * Looks at the two sides of one direction, oldest first: a few of a long time rather than all of a short one. Their
 * offsets mean nothing in a log that was made anew, so they are forgotten then.
 */
export class EarlierLooks {
  readonly #logs: readonly Log[];
  #looks: readonly EarlierLook[] = [];
  #replaced = 0;
  /** Whether the newest look stays when the next one comes, and when the last one that does was noted. */
  #isKept = true;
  #keptAtMs = Number.NEGATIVE_INFINITY;

  /** `logs`: of the changes of both sides. */
  constructor(logs: readonly Log[]) {
    this.#logs = logs;
  }

  get all(): readonly EarlierLook[] {
    if (this.replaced !== this.#replaced) {
      this.#replaced = this.replaced;
      this.#looks = [];
    }
    return this.#looks;
  }

  /** Of all the logs; it only grows. */
  get replaced(): number {
    return this.#logs.reduce((sum, log) => sum + log.replaced, 0);
  }

  /** Notes a look at both sides, with the position of the applier around the follower's; `replaced` is as it began. */
  note(writer: SideLook, follower: SideLook, around: AppliedAround, at: { nowMs: number; replaced: number }): void {
    if (around.kind === 'unknown' || writer.ends === null || at.replaced !== this.replaced) return;
    const { nowMs } = at;
    const applied = around.kind === 'exact' ? around.next : around.to;
    const { xmin, xmax } = parseSnapshot(follower.snapshot);
    const look: EarlierLook = {
      atMs: nowMs,
      xmin,
      xmax,
      applied,
      reverseEnds: follower.ends,
      writer: { xmax: parseSnapshot(writer.snapshot).xmax, ends: writer.ends },
    };
    const before = this.#isKept ? this.all : this.all.slice(0, -1);
    this.#looks = [...before, look].slice(-KEPT);
    this.#isKept = nowMs - this.#keptAtMs >= EVERY_MS;
    if (this.#isKept) this.#keptAtMs = nowMs;
  }

  /**
   * What a restart needs: the newest look, the newest before anything from this offset on was applied, and a few that lie
   * further and further back, for what a sweep had not come to yet. By age, not by number: after one restart the next one
   * needs looks from before both.
   */
  toKeep(part: number, verifiedOffset: bigint): readonly EarlierLook[] {
    const isBefore = ({ applied }: EarlierLook) => (applied.get(part) ?? verifiedOffset + 1n) <= verifiedOffset;
    // Another worker's clock may be ahead: none of its looks is younger than those that came after it.
    const timesMs = this.all.map(({ atMs }) => atMs);
    for (let i = timesMs.length - 2; i >= 0; i -= 1) timesMs[i] = Math.min(timesMs[i] ?? 0, timesMs[i + 1] ?? 0);
    const newestMs = timesMs.at(-1) ?? 0;
    // The oldest, where none is as old as that.
    const ofAge = AGES_MS.map((ageMs) =>
      Math.max(
        0,
        timesMs.findLastIndex((atMs) => newestMs - atMs >= ageMs),
      ),
    );
    const places = new Set([this.all.findLastIndex(isBefore), ...ofAge]);
    return this.all.filter((_, at) => places.has(at));
  }

  /** Takes up what was kept, by this worker or another, unless it may be of a log that is gone. */
  restore(looks: readonly EarlierLook[]): void {
    if (this.replaced > 0) return;
    const known = new Map([...looks, ...this.#looks].map((look) => [look.xmax, look]));
    if (known.size === this.#looks.length) return;
    this.#looks = [...known.values()].toSorted((a, b) => (a.xmax < b.xmax ? -1 : 1)).slice(-KEPT);
  }
}
