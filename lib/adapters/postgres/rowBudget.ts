const RATE_WINDOW_MS = 10_000;
/** What was not asked for in so short a while may be made up for: a timer that fires late must not cost rows. */
const CATCH_UP_MS = 250;
/** A statement of this many rows takes about a millisecond; one of fewer costs more to plan than to run. */
const LEAST_AT_ONCE = 1_000;
const STATEMENTS_PER_SEC = 50;

/**
 * Rows a second that one database is asked for at most, spread evenly over the second: a statement takes its rows in
 * advance, and waits until those before it are paid for.
 */
export class RowBudget {
  /** Rows that one statement should read at most. Infinity without a limit. */
  readonly rowsAtOnce: number;
  readonly #rowsPerSec: number;
  readonly #nowMs: () => number;
  readonly #pause: (ms: number) => Promise<void>;
  readonly #taken: { readonly atMs: number; readonly rows: number }[] = [];
  #freeAtMs = 0;

  /** `rowsPerSec` may be Infinity. */
  constructor(rowsPerSec: number, nowMs: () => number, pause: (ms: number) => Promise<void>) {
    this.rowsAtOnce = Math.min(rowsPerSec, Math.max(LEAST_AT_ONCE, Math.floor(rowsPerSec / STATEMENTS_PER_SEC)));
    this.#rowsPerSec = rowsPerSec;
    this.#nowMs = nowMs;
    this.#pause = pause;
  }

  /** Resolves when `rows` rows may be read: turns are given in the order in which they are asked for. */
  async take(rows: number): Promise<void> {
    const turnMs = this.#pay(rows);
    for (let waitMs = turnMs - this.#nowMs(); waitMs > 0; waitMs = turnMs - this.#nowMs()) await this.#pause(waitMs);
    this.#note(rows);
  }

  /** Pays for rows that were read beyond those taken; gives back what is below 0. */
  correct(rows: number): void {
    this.#pay(rows);
    this.#note(rows);
  }

  /** Rows a second over the last ten. */
  rowsPerSecNow(): number {
    this.#forget();
    return this.#taken.reduce((sum, { rows }) => sum + rows, 0) / (RATE_WINDOW_MS / 1000);
  }

  /** When these rows may be read. */
  #pay(rows: number): number {
    const turnMs = Math.max(this.#freeAtMs, this.#nowMs() - CATCH_UP_MS);
    if (Number.isFinite(this.#rowsPerSec)) this.#freeAtMs = turnMs + (rows / this.#rowsPerSec) * 1000;
    return turnMs;
  }

  #note(rows: number): void {
    this.#forget();
    this.#taken.push({ atMs: this.#nowMs(), rows });
  }

  #forget(): void {
    const since = this.#nowMs() - RATE_WINDOW_MS;
    while ((this.#taken[0]?.atMs ?? Number.POSITIVE_INFINITY) <= since) this.#taken.shift();
  }
}
