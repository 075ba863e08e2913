import type { Pool } from 'pg';
import { moves, type Owner, ownerOf } from './ownership.ts';

const LONGEST_WAIT_MS = 10_000;
/** Longer than any change takes: what whoever began it, and died, would hold for ever. */
const LONGEST_HOLD_MS = 45_000;

/**
 * What one service knows of who owns which item. While a change of the write share is under way, new work on the
 * moving items waits here until the change is made or given up.
 */
export class OwnershipGate {
  #share = 0;
  #epoch = 0n;
  #held: { readonly from: number; readonly to: number } | null = null;
  #released: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;
  #longest: NodeJS.Timeout | undefined;
  readonly #working = new Map<number, number>();

  get share(): number {
    return this.#share;
  }

  get epoch(): bigint {
    return this.#epoch;
  }

  ownerOf(itemId: number): Owner {
    return ownerOf(itemId, this.#share);
  }

  /** Finds the newest epoch in the service's own database. */
  async load(pool: Pool): Promise<void> {
    const { rows } = await pool.query<{ epoch: string; write_share: number }>(
      'select epoch, write_share from ownership_epoch order by epoch desc limit 1',
    );
    const [row] = rows;
    if (row === undefined) return;
    this.#epoch = BigInt(row.epoch);
    this.#share = row.write_share;
  }

  /**
   * Runs new work on items of which none is moving; work on moving items waits first.
   * @throws Error if the change takes longer than ten seconds.
   */
  async enter<T>(itemIds: readonly number[], work: () => Promise<T>): Promise<T> {
    const giveUpAt = Date.now() + LONGEST_WAIT_MS;
    while (itemIds.some((id) => this.#isMoving(id))) {
      if (Date.now() > giveUpAt) throw new Error('the item is changing its owner; try again');
      await Promise.race([this.#released, new Promise((resolve) => setTimeout(resolve, 500))]);
    }
    for (const id of itemIds) this.#working.set(id, (this.#working.get(id) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const id of itemIds) {
        const left = (this.#working.get(id) ?? 1) - 1;
        if (left === 0) this.#working.delete(id);
        else this.#working.set(id, left);
      }
    }
  }

  /** Holds new work on the items that move to `share`, until `release`. */
  prepare(share: number): void {
    this.#release();
    this.#held = { from: this.#share, to: share };
    clearTimeout(this.#longest);
    this.#longest = setTimeout(() => this.release(), LONGEST_HOLD_MS).unref();
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** True when no work on moving items is left that began before they were held. */
  isQuiet(): boolean {
    return ![...this.#working.keys()].some((id) => this.#isMoving(id));
  }

  /**
   * Opens the new epoch; the work that waits goes on waiting until every side has opened it, so that no side ignores
   * what the new owner writes. Once more with the same epoch it changes nothing.
   */
  async commit(pool: Pool, share: number, epoch: bigint): Promise<void> {
    await pool.query('insert into ownership_epoch (epoch, write_share) values ($1, $2) on conflict do nothing', [
      epoch.toString(),
      share,
    ]);
    this.#share = share;
    this.#epoch = epoch;
  }

  /** Lets the waiting work go on, by whoever owns the items now. */
  release(): void {
    clearTimeout(this.#longest);
    this.#held = null;
    this.#release();
  }

  #isMoving(itemId: number): boolean {
    return this.#held !== null && moves(itemId, this.#held.from, this.#held.to);
  }
}
