// One budget of memory for the change events of every table: a busy table may use what the others leave free, and each
// keeps the right to an equal share.

/** What a window holds, counted by itself. */
interface Holder {
  readonly bytes: number;
}

const DEFAULT_BYTES = 128 * 1024 * 1024;

export class WindowMemory {
  readonly #maxBytes: number;
  readonly #holders = new Set<Holder>();

  /** `maxBytes` is for all holders together; 128 MiB unless given. */
  constructor(maxBytes: number = DEFAULT_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Counts a holder among those that share. */
  join(holder: Holder): void {
    this.#holders.add(holder);
  }

  /** What this holder may hold now: what the others leave free, and its equal share at least. */
  allowed(holder: Holder): number {
    let others = 0;
    for (const each of this.#holders) if (each !== holder) others += each.bytes;
    return Math.max(this.#maxBytes - others, this.#maxBytes / Math.max(1, this.#holders.size));
  }
}
