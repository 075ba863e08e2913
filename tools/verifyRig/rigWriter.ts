import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** A repeatable stream of numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface RigWriterOptions {
  readonly pool: pg.Pool;
  /** The stock table that it writes. */
  readonly table: string;
  /** It writes rows of these keys, both included, and no others. */
  readonly from: number;
  readonly to: number;
  /** Transactions a second, about. */
  readonly perSec: number;
  readonly seed?: number;
  /** True to change rows only, so that their number stays. */
  readonly keepsRows?: boolean;
}

/** A live load on a stock table: changes of one or several rows, deletions, new rows, roll-backs, all at random. */
export class RigWriter {
  /** Rows changed by transactions that committed. */
  rows = 0;
  readonly #options: RigWriterOptions;
  readonly #random: () => number;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();
  #turn: Promise<void> = Promise.resolve();

  constructor(options: RigWriterOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed ?? 1);
  }

  start(): void {
    this.#stopped = false;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Runs the work between two transactions of the writer. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    let done = (): void => undefined;
    this.#turn = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    try {
      return await work();
    } finally {
      done();
    }
  }

  async #run(): Promise<void> {
    const gapMs = 1_000 / this.#options.perSec;
    let dueMs = performance.now();
    while (!this.#stopped) {
      await this.hold(() => this.#transaction());
      dueMs = Math.max(dueMs + gapMs, performance.now() - 1_000);
      await sleep(Math.max(0, dueMs - performance.now()));
    }
  }

  async #transaction(): Promise<void> {
    const { pool, table } = this.#options;
    const client = await pool.connect();
    try {
      await client.query('begin');
      const changed = await this.#changes(client, table);
      if (this.#random() < 0.05) {
        await client.query('rollback');
        return;
      }
      await client.query('commit');
      this.rows += changed;
    } finally {
      client.release();
    }
  }

  async #changes(client: pg.PoolClient, table: string): Promise<number> {
    const kind = this.#options.keepsRows === true ? 1 : this.#random();
    if (kind < 0.05) {
      const { rowCount } = await client.query(`delete from "${table}" where item_id = $1`, [this.#key()]);
      return rowCount ?? 0;
    }
    if (kind < 0.15) {
      const { rowCount } = await client.query(
        `insert into "${table}" (item_id, sku, quantity, reserved, price, updated_at, attrs)
         values ($1, 'again', 1, 0, 9.99, clock_timestamp(), '{"shelf": "new"}') on conflict do nothing`,
        [this.#key()],
      );
      return rowCount ?? 0;
    }
    const keys = Array.from({ length: 1 + Math.floor(this.#random() * 4) }, () => this.#key());
    // There and back again in part: values that were there before come back.
    const { rowCount } = await client.query(
      `update "${table}" set quantity = (quantity + $2) % 5, updated_at = clock_timestamp() where item_id = any($1)`,
      [keys, 1 + Math.floor(this.#random() * 3)],
    );
    return rowCount ?? 0;
  }

  #key(): number {
    const { from, to } = this.#options;
    return from + Math.floor(this.#random() * (to - from + 1));
  }
}
