import type { EarlierLook } from '../core/consistency/earlierLook.ts';
import { parseSnapshot } from '../core/consistency/snapshot.ts';
import type { AppliedAround, Positions } from './flowFound.ts';

/** One look in so many ms is kept, and the newest. */
const EVERY_MS = 1_000;
/** Two minutes' worth: a verdict comes within seconds of what it is on, unless much waits. */
const KEPT = 120;

/** One side as it was read: its snapshot, and how far its captured changes had been read before; null if there are none. */
export interface SideLook {
  readonly snapshot: string;
  readonly ends: Positions | null;
}

/** Looks at the two sides of one direction, oldest first: a few of a long time rather than all of a short one. */
export class EarlierLooks {
  #looks: readonly EarlierLook[] = [];
  /** Whether the newest look stays when the next one comes, and when the last one that does was noted. */
  #isKept = true;
  #keptAtMs = Number.NEGATIVE_INFINITY;

  get all(): readonly EarlierLook[] {
    return this.#looks;
  }

  /** Notes a look at both sides, with the position of the applier around the follower's. */
  note(writer: SideLook, follower: SideLook, around: AppliedAround, nowMs: number): void {
    if (around.kind === 'unknown' || writer.ends === null) return;
    const applied = around.kind === 'exact' ? around.next : around.to;
    const { xmin, xmax } = parseSnapshot(follower.snapshot);
    const look: EarlierLook = {
      xmin,
      xmax,
      applied,
      reverseEnds: follower.ends,
      writer: { xmax: parseSnapshot(writer.snapshot).xmax, ends: writer.ends },
    };
    const before = this.#isKept ? this.#looks : this.#looks.slice(0, -1);
    this.#looks = [...before, look].slice(-KEPT);
    this.#isKept = nowMs - this.#keptAtMs >= EVERY_MS;
    if (this.#isKept) this.#keptAtMs = nowMs;
  }

  /** What a restart needs: the newest look, and the newest before anything from this offset on was applied. */
  toKeep(part: number, verifiedOffset: bigint): readonly EarlierLook[] {
    const newest = this.#looks.at(-1);
    const before = this.#looks.findLast(({ applied }) => (applied.get(part) ?? verifiedOffset + 1n) <= verifiedOffset);
    return [before, newest === before ? undefined : newest].flatMap((look) => look ?? []);
  }

  /** Takes up what was kept, by this worker or another. */
  restore(looks: readonly EarlierLook[]): void {
    const known = new Set(this.#looks.map(({ xmax }) => xmax));
    const fresh = looks.filter(({ xmax }) => !known.has(xmax));
    if (fresh.length === 0) return;
    this.#looks = [...this.#looks, ...fresh].toSorted((a, b) => (a.xmax < b.xmax ? -1 : 1)).slice(-KEPT);
  }
}
