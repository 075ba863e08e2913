// Keys whose changes wait to be verified, of one partition: each once, with its oldest change, so that nothing counts
// as verified before it is, and its newest, so that a change while a key is being looked at is not lost.
import type { WindowEvent } from './windowEvent.ts';

/** A key that waits. */
export interface WaitingKey {
  readonly key: string;
  readonly first: bigint;
  /** Commit time of the first change, microseconds since 1970; null for a row that a snapshot read, whenever it was written. */
  readonly firstTsUs: number | null;
  readonly newest: bigint;
  /** Looks in vain so far. */
  readonly tries: number;
}

interface Entry extends WaitingKey {
  first: bigint;
  firstTsUs: number | null;
  newest: bigint;
  tries: number;
  notBeforeMs: number;
  busy: boolean;
}

type Change = Pick<WindowEvent, 'key' | 'offset' | 'op' | 'sourceTsUs'>;

const MAX_DELAY_MS = 2_000;

export class ChangeBacklog {
  /** In the order of their first changes, nearly: what was looked at and changed meanwhile comes to the end. */
  readonly #waiting = new Map<string, Entry>();
  /** Of those, how many were looked at in vain: mostly none, and then nobody searches for them. */
  #tried = 0;

  get size(): number {
    return this.#waiting.size;
  }

  has(key: string): boolean {
    return this.#waiting.has(key);
  }

  triesOf(key: string): number {
    return this.#waiting.get(key)?.tries ?? 0;
  }

  /** Adds a change. One of a key that waits already, or comes again, only moves the key's newest. */
  add(change: Change): void {
    const { key, offset } = change;
    this.put({ key, first: offset, newest: offset, firstTsUs: commitUsOf(change), tries: 0 });
  }

  put(waiting: WaitingKey): void {
    const known = this.#waiting.get(waiting.key);
    if (known === undefined) {
      this.#waiting.set(waiting.key, { ...waiting, notBeforeMs: 0, busy: false });
      if (waiting.tries > 0) this.#tried += 1;
      return;
    }
    if (waiting.newest > known.newest) known.newest = waiting.newest;
    if (waiting.first < known.first) {
      known.first = waiting.first;
      known.firstTsUs = waiting.firstTsUs;
    }
  }

  /**
   * Up to `limit` keys whose first change lies below `below`, held for the caller until they are settled or put off:
   * those never looked at, or those that were looked at in vain.
   */
  take(limit: number, below: bigint, nowMs: number, again = false): readonly WaitingKey[] {
    const taken: Entry[] = [];
    if (limit <= 0 || (again && this.#tried === 0)) return taken;
    for (const entry of this.#waiting.values()) {
      if (taken.length >= limit || entry.first >= below) break;
      if (entry.busy || entry.notBeforeMs > nowMs || entry.tries > 0 !== again) continue;
      entry.busy = true;
      taken.push(entry);
    }
    return taken;
  }

  /**
   * Ends the wait for all changes below `covered`; a later one (from `events`) keeps the key waiting.
   * @returns the wait that ended, or null if the key did not wait for any of them
   */
  settle(key: string, covered: bigint, events: readonly WindowEvent[]): WaitingKey | null {
    const entry = this.#waiting.get(key);
    if (entry === undefined) return null;
    const ended = entry.first < covered ? { ...entry } : null;
    this.#delete(entry);
    if (entry.newest < covered) return ended;
    const next = events.find(({ offset }) => offset >= covered);
    this.#waiting.set(key, {
      ...entry,
      // An event that memory had no room for may be any from there on.
      first: entry.first < covered ? (next?.offset ?? covered) : entry.first,
      firstTsUs: entry.first < covered && next !== undefined ? commitUsOf(next) : entry.firstTsUs,
      tries: 0,
      busy: false,
      notBeforeMs: 0,
    });
    return ended;
  }

  /** Gives back a key that was looked at in vain: it is looked at again later, and later each time. */
  putOff(key: string, nowMs: number): void {
    const entry = this.#waiting.get(key);
    if (entry === undefined) return;
    entry.busy = false;
    entry.notBeforeMs = nowMs + Math.min(100 * 2 ** Math.min(entry.tries, 5), MAX_DELAY_MS);
    if (entry.tries === 0) this.#tried += 1;
    entry.tries += 1;
  }

  /** Takes the newest keys that nobody looks at out of memory, to be kept elsewhere. */
  shed(count: number): readonly WaitingKey[] {
    const shed: WaitingKey[] = [];
    const keys = [...this.#waiting.keys()];
    for (let i = keys.length - 1; i >= 0 && shed.length < count; i -= 1) {
      const entry = this.#waiting.get(keys[i] ?? '');
      if (entry === undefined || entry.busy) continue;
      this.#delete(entry);
      shed.push(entry);
    }
    return shed;
  }

  /** Every change below it, of what came so far up to `end`, is verified; keys kept elsewhere are left out. */
  verifiedTo(end: bigint): bigint {
    let least = end;
    for (const { first } of this.#waiting.values()) if (first < least) least = first;
    return least;
  }

  clear(): void {
    this.#waiting.clear();
    this.#tried = 0;
  }

  #delete({ key, tries }: Entry): void {
    this.#waiting.delete(key);
    if (tries > 0) this.#tried -= 1;
  }
}

function commitUsOf({ op, sourceTsUs }: Pick<WindowEvent, 'op' | 'sourceTsUs'>): number | null {
  return op === 'r' ? null : sourceTsUs;
}
