import { isVisible } from '../core/consistency/snapshot.ts';
import type { SettledMark, WindowEvent } from './windowEvent.ts';

/** A verdict needs the newest settled event alone; those before it tell which change the target lacks. */
const VERSIONS_KEPT = 4;

/** The held events of one partition by key, those without a change for longest first. */
export class KeyedEvents {
  readonly #byKey = new Map<string, WindowEvent[]>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get keys(): Iterable<string> {
    return this.#byKey.keys();
  }

  /** The key's events by offset. */
  events(key: string): readonly WindowEvent[] {
    return this.#byKey.get(key) ?? [];
  }

  /** Keys with an event at most about `distance` from one of these offsets, in one walk over what is held. */
  keysNear(offsets: readonly bigint[], distance: bigint): readonly string[] {
    if (offsets.length === 0) return [];
    const near = new Set(offsets.flatMap((offset) => [-1n, 0n, 1n].map((step) => offset / distance + step)));
    const isNear = ({ offset }: WindowEvent) => near.has(offset / distance);
    return [...this.#byKey].filter(([, events]) => events.some(isNear)).map(([key]) => key);
  }

  put(event: WindowEvent): void {
    const held = this.#byKey.get(event.key);
    // Taken out and put back: the keys without a change for longest come first.
    if (held !== undefined) this.#byKey.delete(event.key);
    this.#byKey.set(event.key, held ?? [event]);
    held?.push(event);
    this.#bytes += event.bytes;
  }

  /** Of these keys keeps what came after the newest settled event, that event, and a few before it. */
  prune(keys: Iterable<string>, mark: SettledMark): void {
    for (const key of keys) {
      const events = this.#byKey.get(key);
      if (events === undefined || events.length <= VERSIONS_KEPT) continue;
      const from = events.findLastIndex((event) => isSettled(event, mark)) - VERSIONS_KEPT + 1;
      if (from > 0) this.#keep(key, events, events.slice(from));
    }
  }

  /** Forgets whole settled keys until `bytes` are free: how many are, and the newest offset that was forgotten. */
  evict(bytes: number, mark: SettledMark): { readonly freed: number; readonly newest: bigint | null } {
    const before = this.#bytes;
    let newest: bigint | null = null;
    for (const [key, events] of this.#byKey) {
      if (before - this.#bytes >= bytes) break;
      const last = events.at(-1);
      if (last === undefined || !events.every((event) => isSettled(event, mark))) continue;
      this.#keep(key, events, []);
      if (newest === null || last.offset > newest) newest = last.offset;
    }
    return { freed: before - this.#bytes, newest };
  }

  /** Forgets every event below the offset. */
  dropBelow(base: bigint): void {
    for (const [key, events] of this.#byKey) {
      const kept = events.filter((event) => event.offset >= base);
      if (kept.length < events.length) this.#keep(key, events, kept);
    }
  }

  #keep(key: string, events: readonly WindowEvent[], kept: WindowEvent[]): void {
    for (const event of events) this.#bytes -= event.bytes;
    for (const event of kept) this.#bytes += event.bytes;
    if (kept.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, kept);
  }
}

function isSettled({ part, txId, offset }: WindowEvent, mark: SettledMark): boolean {
  return txId !== null && offset < (mark.applied.get(part) ?? 0n) && isVisible(txId, mark.snapshot);
}
