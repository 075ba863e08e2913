import { DemoError } from '../demoError.ts';

export interface PickOptions {
  readonly count: number;
  /** Items are numbered from 1 to this. */
  readonly items: number;
  readonly taken: ReadonlySet<number>;
  readonly isMonolithOwned: (itemId: number) => boolean;
}

/**
 * The free items with the highest numbers that the monolith owns: the load asks for them least.
 * @throws DemoError if there are not enough.
 */
export function pickItems({ count, items, taken, isMonolithOwned }: PickOptions): number[] {
  const picked: number[] = [];
  for (let id = items; id >= 1 && picked.length < count; id -= 1) {
    if (!taken.has(id) && isMonolithOwned(id)) picked.push(id);
  }
  if (picked.length === count) return picked;
  throw new DemoError(`only ${picked.length} of ${count} items are free and owned by the monolith`, {
    fix: 'mend the rows of earlier faults (npm run demo:fault -- repair), or start with more --items',
  });
}
