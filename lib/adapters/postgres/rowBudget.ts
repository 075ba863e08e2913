/** Rows a second that one database is asked for at most: a statement pays after it ran, the next waits for the debt. */
export class RowBudget {
  readonly #rowsPerSec: number;
  readonly #nowMs: () => number;
  readonly #pause: (ms: number) => Promise<void>;
  #freeAtMs = 0;

  /** `rowsPerSec` may be Infinity. */
  constructor(rowsPerSec: number, nowMs: () => number, pause: (ms: number) => Promise<void>) {
    this.#rowsPerSec = rowsPerSec;
    this.#nowMs = nowMs;
    this.#pause = pause;
  }

  /** Resolves when nothing is owed. */
  async ready(): Promise<void> {
    for (let waitMs = this.#freeAtMs - this.#nowMs(); waitMs > 0; waitMs = this.#freeAtMs - this.#nowMs()) {
      await this.#pause(waitMs);
    }
  }

  spend(rows: number): void {
    if (!Number.isFinite(this.#rowsPerSec)) return;
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#nowMs()) + (rows / this.#rowsPerSec) * 1000;
  }
}
