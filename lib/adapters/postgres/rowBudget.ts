const RATE_WINDOW_MS = 10_000;

/** Rows a second that one database is asked for at most: a statement pays after it ran, the next waits for the debt. */
export class RowBudget {
  readonly #rowsPerSec: number;
  readonly #nowMs: () => number;
  readonly #pause: (ms: number) => Promise<void>;
  readonly #spent: { readonly atMs: number; readonly rows: number }[] = [];
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

  /** Rows a second over the last ten. */
  rowsPerSecNow(): number {
    this.#forget();
    return this.#spent.reduce((sum, { rows }) => sum + rows, 0) / (RATE_WINDOW_MS / 1000);
  }

  spend(rows: number): void {
    this.#forget();
    this.#spent.push({ atMs: this.#nowMs(), rows });
    if (!Number.isFinite(this.#rowsPerSec)) return;
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#nowMs()) + (rows / this.#rowsPerSec) * 1000;
  }

  #forget(): void {
    const since = this.#nowMs() - RATE_WINDOW_MS;
    while ((this.#spent[0]?.atMs ?? Number.POSITIVE_INFINITY) <= since) this.#spent.shift();
  }
}
