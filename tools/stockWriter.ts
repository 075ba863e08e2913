import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { TestReplication } from './testReplication.ts';

/** Changes rows 1..300 of `inventory` at random, in transactions of several rows, until it is ended. */
export class StockWriter {
  readonly #source: pg.Pool;
  readonly #replication: TestReplication;
  readonly #writing: Promise<void>;
  #ended = false;

  constructor(source: pg.Pool, replication: TestReplication) {
    this.#source = source;
    this.#replication = replication;
    this.#writing = this.#write();
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#writing;
  }

  async #write(): Promise<void> {
    const source = this.#source;
    for (let i = 1; !this.#ended; i += 1) {
      const key = 1 + ((i * 7919) % 300);
      await source.query(
        `update inventory set quantity = quantity + 1, updated_at = clock_timestamp() where item_id in ($1, $2)`,
        [key, 1 + ((key * 13) % 300)],
      );
      if (i % 50 === 0) await source.query('delete from inventory where item_id = $1', [300 - (i % 20)]);
      if (i % 50 === 25) {
        await source.query(`insert into inventory values ($1, 'again', 1, 0, now()) on conflict do nothing`, [
          300 - ((i + 25) % 20),
        ]);
      }
      // A writer faster than the applier would make every key wait: lag has a test of its own.
      do await sleep(5);
      while (this.#replication.backlog > 20 && !this.#ended);
    }
  }
}
