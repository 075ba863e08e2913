import type { CorruptionKind } from './soakLedger.ts';

/** What is corrupted next: the way and the keys, all of one partition. */
export interface SoakStep {
  readonly kind: CorruptionKind;
  readonly keys: readonly string[];
}

/** So many neighbouring events that the target shows none of are a jump to every reader; one or two may be skips. */
const SHORTEST_JUMP = 3;
const AT_ONCE = 5;

/** Keys that no writer touches, by partition; each is given out once. */
export class SoakPool {
  readonly #queues: string[][];
  readonly #random: () => number;

  constructor(partitionOf: ReadonlyMap<string, number>, random: () => number) {
    this.#queues = [...Map.groupBy(partitionOf.keys(), (key) => partitionOf.get(key)).values()];
    this.#random = random;
  }

  get left(): number {
    return this.#queues.reduce((sum, { length }) => sum + length, 0);
  }

  /** The next keys for a corruption of this kind; another kind where the partition is too short of keys for it. */
  take(wanted: CorruptionKind): SoakStep {
    const open = this.#queues.filter(({ length }) => length > 0);
    const queue = open[Math.floor(this.#random() * open.length)] ?? [];
    const kind = wanted === 'jump' && queue.length < SHORTEST_JUMP ? 'wrong' : wanted;
    return { kind, keys: queue.splice(0, this.#count(kind)) };
  }

  #count(kind: CorruptionKind): number {
    switch (kind) {
      case 'drop':
      case 'drop_delete':
        // Several in one transaction would be neighbours, and look like a jump.
        return 1;
      case 'jump':
        return SHORTEST_JUMP + Math.floor(this.#random() * SHORTEST_JUMP);
      default:
        return 1 + Math.floor(this.#random() * AT_ONCE);
    }
  }
}
