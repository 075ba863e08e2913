import type { ByteReservation } from '../ports/spanIngest.ts';

/** A fixed number of bytes that may be in flight at once in this process; shared by whoever is given it. */
export class ByteBudget {
  readonly totalBytes: number;
  #usedBytes = 0;

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Null when less than `bytes` are left. */
  reserve(bytes: number): ByteReservation | null {
    if (!this.#take(bytes)) return null;
    let held = bytes;
    return {
      grow: (more) => {
        if (!this.#take(more)) return false;
        held += more;
        return true;
      },
      release: () => {
        this.#usedBytes -= held;
        held = 0;
      },
    };
  }

  #take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.totalBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }
}
