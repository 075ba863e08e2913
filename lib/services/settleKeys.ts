import type { RowImage } from '../core/consistency/row.ts';
import type { Clock } from '../ports/clock.ts';
import type { Pause } from '../ports/pause.ts';
import type { VersionedRowReader, VersionedRows } from '../ports/versionedRows.ts';

/** With nothing to wait for it sleeps until keys come; this long at most. */
const IDLE_MS = 60_000;

/** A key that was not equal: proved different, or not still for long enough to tell. */
export interface SettledKey {
  readonly key: string;
  readonly state: 'different' | 'unsettled';
  /** The rows of the key as read last; none where there is no row. */
  readonly source: readonly RowImage[];
  readonly target: readonly RowImage[];
}

export interface SettleOptions {
  readonly reader: Pick<VersionedRowReader, 'readVersions'>;
  readonly clock: Clock;
  readonly pause: Pause;
  /** How long the source's row must have stayed unwritten before the target's is held against it. */
  readonly settleMs: number;
  /** A key that is written again and again is given up after this long. */
  readonly patienceMs: number;
  /** Keys read together. */
  readonly keysAtOnce: number;
  /** Keys that may wait at once: memory is bounded, the walk waits instead. */
  readonly keysHeld: number;
  readonly onSettled: (key: SettledKey) => Promise<void>;
  readonly signal: AbortSignal;
}

interface Held {
  readonly key: string;
  readonly version: string;
  /** When the source's row was first seen in this version. */
  readonly sinceMs: number;
  /** When the key was first looked at. */
  readonly firstMs: number;
}

/**
 * Tells keys that differ from keys whose change is still on its way, by waiting: a key is `different` only if its target
 * row, read at least `settleMs` after the source row was seen in one version, differs from it, and the source row is
 * still in that version afterwards. A source row that is absent has no version; the target's must then have stood still.
 * Exact where the target follows within `settleMs`.
 */
export class SettleKeys {
  readonly #options: SettleOptions;
  readonly #fresh: string[] = [];
  /** In the order in which they come due. */
  readonly #held: Held[] = [];
  #wake: (() => void) | null = null;
  #room: (() => void)[] = [];
  #closed = false;
  #ended = false;

  constructor(options: SettleOptions) {
    this.#options = options;
  }

  /** Keys that wait to be settled. */
  get waiting(): number {
    return this.#fresh.length + this.#held.length;
  }

  /** Takes keys; resolves when there is room for more. */
  async add(keys: readonly string[]): Promise<void> {
    this.#fresh.push(...keys);
    this.#wake?.();
    while (this.waiting > this.#options.keysHeld && !this.#ended) {
      await new Promise<void>((go) => this.#room.push(go));
    }
  }

  /** No further keys will come. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** Settles keys until it is closed and none is left, or the signal aborts. Throws BanyanErrors of the reader. */
  async run(): Promise<void> {
    const { signal, clock, settleMs, keysAtOnce } = this.#options;
    try {
      while (!signal.aborted) {
        const dueMs = clock.nowMs() - settleMs;
        const early = this.#held.findIndex(({ sinceMs }) => sinceMs > dueMs);
        const due = early === -1 ? this.#held.length : early;
        // Keys that were seen before come first: the walk waits for them.
        if (due > 0) await this.#look(this.#held.splice(0, Math.min(due, keysAtOnce)));
        else if (this.#fresh.length > 0) await this.#look(this.#fresh.splice(0, keysAtOnce).map((key) => ({ key })));
        else if (this.#closed && this.#held.length === 0) return;
        else await this.#sleep(this.#held[0] === undefined ? IDLE_MS : this.#held[0].sinceMs - dueMs);
        for (const go of this.#room.splice(0)) go();
      }
    } finally {
      // Nothing will settle any more: whoever waits for room must not wait for ever.
      this.#ended = true;
      for (const go of this.#room.splice(0)) go();
    }
  }

  async #look(keys: readonly (Held | { readonly key: string })[]): Promise<void> {
    const { reader, clock, settleMs, patienceMs, onSettled } = this.#options;
    const names = keys.map(({ key }) => key);
    const askedMs = clock.nowMs();
    // The target first: the source row that is read after it was in the same version all the while.
    const targets = await reader.readVersions('target', names);
    const sources = await reader.readVersions('source', names);
    const seenMs = clock.nowMs();
    for (const seen of keys) {
      const [source, target] = [sources.get(seen.key), targets.get(seen.key)];
      if (sameRows(source?.rows ?? [], target?.rows ?? [])) continue;
      const version = source === undefined ? `none; target ${target?.version}` : source.version;
      const outcome = { key: seen.key, source: source?.rows ?? [], target: target?.rows ?? [] };
      if (!('version' in seen)) {
        this.#held.push({ key: seen.key, version, sinceMs: seenMs, firstMs: seenMs });
      } else if (seen.version === version && askedMs - seen.sinceMs >= settleMs) {
        await onSettled({ ...outcome, state: 'different' });
      } else if (seenMs - seen.firstMs >= patienceMs) {
        await onSettled({ ...outcome, state: 'unsettled' });
      } else {
        this.#held.push({ ...seen, version, sinceMs: seenMs });
      }
    }
  }

  async #sleep(ms: number): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await this.#options.pause(Math.max(1, ms), AbortSignal.any([this.#options.signal, woken.signal]));
    this.#wake = null;
  }
}

function sameRows(a: VersionedRows['rows'], b: VersionedRows['rows']): boolean {
  if (a.length !== b.length) return false;
  const texts = (rows: VersionedRows['rows']) => rows.map((row) => JSON.stringify(row.tokens)).toSorted();
  const right = texts(b);
  return texts(a).every((text, i) => text === right[i]);
}
