/** Chooses items as customers do: a few are wanted often, most seldom (Zipf with exponent `skew`). */
export class ItemChoice {
  readonly #cumulative: Float64Array;
  readonly #items: number;
  #reserved: ReadonlySet<number> = new Set();

  constructor(items: number, skew: number) {
    this.#items = items;
    this.#cumulative = new Float64Array(items);
    let sum = 0;
    for (let rank = 0; rank < items; rank++) {
      sum += 1 / (rank + 1) ** skew;
      this.#cumulative[rank] = sum;
    }
  }

  /** Items that are left alone from now on. */
  reserve(itemIds: readonly number[]): void {
    this.#reserved = new Set(itemIds);
  }

  get reserved(): readonly number[] {
    return [...this.#reserved];
  }

  /** An item that is not reserved; `random` gives numbers in [0, 1). */
  next(random: () => number): number {
    for (;;) {
      const item = this.#itemAt(random());
      if (!this.#reserved.has(item)) return item;
    }
  }

  #itemAt(random: number): number {
    const wanted = random * (this.#cumulative[this.#items - 1] ?? 0);
    let low = 0;
    let high = this.#items - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#cumulative[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    // Ranks are scattered over the ids, so that hot items are not neighbours.
    return ((low * 7_919) % this.#items) + 1;
  }
}
