/** The faults that a service acts out while their switch is on. */
export class FaultSwitches {
  readonly #on = new Map<string, ReadonlySet<number>>();

  /** @param itemIds items that the fault is about, where it is about some. */
  set(id: string, on: boolean, itemIds: readonly number[] = []): void {
    if (on) this.#on.set(id, new Set(itemIds));
    else this.#on.delete(id);
  }

  isOn(id: string): boolean {
    return this.#on.has(id);
  }

  /** True if the fault is on for this item. */
  hits(id: string, itemId: number): boolean {
    return this.#on.get(id)?.has(itemId) ?? false;
  }

  list(): string[] {
    return [...this.#on.keys()];
  }
}

/** A stable number in 0..99 for a text: decides what is declined or refused, the same on each attempt. */
export function percentOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) % 100;
}
