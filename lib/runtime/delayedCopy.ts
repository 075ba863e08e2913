import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const UPDATE = `update stock set qty = (qty + 1) % 1000000, updated_at = clock_timestamp() where id = $1
  returning to_jsonb(stock) as row`;
const DELETE = 'delete from stock where id = $1 returning to_jsonb(stock) as row';
const INSERT = 'insert into stock select (jsonb_populate_record(null::stock, $1)).* returning to_jsonb(stock) as row';
const REMOVE = 'delete from stock where id = $1';
const APPLY = `insert into stock select (jsonb_populate_record(null::stock, $1)).*
  on conflict (id) do update set qty = excluded.qty, reserved = excluded.reserved, updated_at = excluded.updated_at`;

export interface DelayedCopyOptions {
  readonly sourceUrl: string;
  readonly targetUrl: string;
  /** Keys 1 to `rows` of the table `stock` are written. */
  readonly rows: number;
  readonly updatesPerSec: number;
  /** An update reaches the target this long after its commit, in ms: evenly between the two, in the order of its key. */
  readonly delayMs: readonly [number, number];
  /** From 0 (included) to 1. */
  readonly random: () => number;
  /** Every so many writes a row is deleted and later inserted again; 0 for updates only. */
  readonly deleteEvery?: number;
}

/** Writes to a source table at a steady rate and applies each change to the target later, as a replication would. */
export class DelayedCopy {
  readonly #options: DelayedCopyOptions;
  readonly #source: pg.Pool;
  readonly #target: pg.Pool;
  readonly #applying = new Map<number, Promise<void>>();
  readonly #written = new Set<number>();
  #stopping = false;
  #running: Promise<void> | null = null;
  #failure: unknown = null;

  constructor(options: DelayedCopyOptions) {
    this.#options = options;
    // One connection: answers come in the order of the commits.
    this.#source = new pg.Pool({ connectionString: options.sourceUrl, max: 1 });
    this.#target = new pg.Pool({ connectionString: options.targetUrl, max: 3 });
    // A connection that the server ends while it closes is no failure of a write.
    for (const pool of [this.#source, this.#target]) pool.on('error', () => undefined);
  }

  /** Keys written so far. */
  get keysWritten(): number {
    return this.#written.size;
  }

  start(): void {
    this.#running = this.#write().catch((error: unknown) => this.#fail(error));
  }

  /** Sets rows of the target wrong. */
  async corrupt(keys: readonly number[]): Promise<void> {
    for (const key of keys) this.#written.delete(key);
    await this.#target.query('update stock set reserved = reserved + 1000 where id = any($1)', [keys]);
  }

  /** Sets rows of the target right again that `corrupt` set wrong and no write has reached since. */
  async mend(keys: readonly number[]): Promise<void> {
    await this.#target.query('update stock set reserved = reserved - 1000 where id = any($1) and reserved >= 1000', [
      keys,
    ]);
  }

  /** True if a write to the key has begun since it was corrupted: its row is right again, or will be. */
  wasWritten(key: number): boolean {
    return this.#written.has(key);
  }

  /** Stops writing and waits until all is applied. Throws what a write or an apply threw. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await Promise.all(this.#applying.values());
    await Promise.all([this.#source.end(), this.#target.end()]);
    if (this.#failure !== null) throw this.#failure;
  }

  async #write(): Promise<void> {
    const { rows, updatesPerSec, random, deleteEvery = 0 } = this.#options;
    const startedMs = performance.now();
    const deleted: { readonly key: number; readonly row: unknown }[] = [];
    for (let i = 1; !this.#stopping; i += 1) {
      const again = deleted.length > 5 ? deleted.shift() : undefined;
      const key = again?.key ?? 1 + Math.floor(random() * rows);
      // Known before it happens: a key that is not in here is wrong for sure.
      this.#written.add(key);
      if (again !== undefined) this.#applyLater(key, await this.#change(INSERT, again.row));
      else if (deleteEvery > 0 && i % deleteEvery === 0) {
        const row = await this.#change(DELETE, key);
        if (row === null) continue;
        deleted.push({ key, row });
        this.#applyLater(key, null);
      } else {
        const row = await this.#change(UPDATE, key);
        if (row !== null) this.#applyLater(key, row);
      }
      const aheadMs = startedMs + (i * 1000) / updatesPerSec - performance.now();
      if (aheadMs > 0) await sleep(aheadMs);
    }
  }

  /** Runs one statement on the source; its row as it is now, or was. */
  async #change(sql: string, value: unknown): Promise<unknown> {
    const { rows } = await this.#source.query(sql, [value]);
    return rows[0]?.row ?? null;
  }

  #applyLater(key: number, row: unknown): void {
    const [least, most] = this.#options.delayMs;
    const due = sleep(least + this.#options.random() * (most - least));
    const before = this.#applying.get(key) ?? Promise.resolve();
    const applied: Promise<void> = Promise.all([before, due])
      .then(() => (row === null ? this.#target.query(REMOVE, [key]) : this.#target.query(APPLY, [row])))
      .catch((error: unknown) => this.#fail(error))
      .then(() => {
        if (this.#applying.get(key) === applied) this.#applying.delete(key);
      });
    this.#applying.set(key, applied);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }
}
