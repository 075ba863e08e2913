import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { DemoError, describeError } from '../demoError.ts';
import type { EstateAdmin } from './estateAdmin.ts';
import { FAULT_IDS, type Fault, type FaultId } from './fault.ts';
import {
  copyRows,
  differingItems,
  type InventoryDatabases,
  type InventoryRow,
  readRows,
  untilSettled,
} from './inventoryRows.ts';
import { pickItems } from './pickItems.ts';

export interface FaultBoardOptions {
  readonly faults: readonly Fault[];
  readonly admin: EstateAdmin;
  readonly databases: InventoryDatabases;
  /** Keeps, from one start to the next, which items were made wrong. */
  readonly file: string;
  readonly items: number;
  /** Whether the monolith owns the item now. */
  readonly isMonolithOwned: (itemId: number) => boolean;
  /** Opens a new attempt at the running stage, so that its evidence begins anew. */
  readonly openAttempt: (reason: string) => Promise<void>;
  readonly log: (line: string) => void;
}

export interface FaultState {
  readonly id: FaultId;
  readonly does: string;
  readonly expected: string;
  readonly on: boolean;
  /** Items that this fault made wrong and that nobody has mended yet. */
  readonly wrongItems: readonly number[];
}

export interface Mended {
  readonly itemId: number;
  readonly owner: 'monolith' | 'inventory-service';
  readonly before: { readonly monolith: InventoryRow | null; readonly inventory: InventoryRow | null };
}

const wrongSchema = z.array(z.object({ fault: z.enum(FAULT_IDS), itemIds: z.array(z.number()) }));

/** Sagas that began under a fault reach their deadline this long after it, and are judged then. */
const AFTERMATH_MS = 13_000;

/** Switches faults on and off one after the other, keeps the load off the items that they make wrong, and mends them. */
export class FaultBoard {
  readonly #options: FaultBoardOptions;
  readonly #on = new Set<FaultId>();
  readonly #wrong = new Map<FaultId, readonly number[]>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: FaultBoardOptions) {
    this.#options = options;
    if (!existsSync(options.file)) return;
    const parsed = wrongSchema.safeParse(JSON.parse(readFileSync(options.file, 'utf8')));
    if (parsed.success) for (const { fault, itemIds } of parsed.data) this.#wrong.set(fault, itemIds);
  }

  /** Every fault with its state. */
  list(): FaultState[] {
    return this.#options.faults.map((fault) => this.#stateOf(fault));
  }

  /** Items that faults made wrong. They stay reserved until they are mended, so that they stay wrong and no others become so. */
  wrongItems(): number[] {
    return [...this.#wrong.values()].flat();
  }

  /** Tells the load again which items to leave alone, for one that has just started. */
  async reserveAgain(): Promise<void> {
    await this.#options.admin.reserve(this.wrongItems());
  }

  /** Switches one fault; switching it to where it is already does nothing. */
  set(id: FaultId, on: boolean): Promise<FaultState> {
    return this.#inTurn(async () => {
      const fault = this.#options.faults.find((candidate) => candidate.id === id);
      if (fault === undefined) throw new DemoError(`there is no fault ${id}`);
      if (on !== this.#on.has(id)) await (on ? this.#switchOn(fault) : this.#switchOff(fault));
      return this.#stateOf(fault);
    });
  }

  /** Makes the rows right that faults left wrong, each after its owner's; reports what it found. */
  repair(): Promise<Mended[]> {
    return this.#inTurn(async () => {
      const { databases, isMonolithOwned, admin, log } = this.#options;
      const itemIds = this.wrongItems();
      const monolith = await readRows(databases, 'monolith', itemIds);
      const inventory = await readRows(databases, 'inventory', itemIds);
      const differing = await differingItems(databases, itemIds);
      const mended = differing.map(
        (itemId): Mended => ({
          itemId,
          owner: isMonolithOwned(itemId) ? 'monolith' : 'inventory-service',
          before: { monolith: monolith.get(itemId) ?? null, inventory: inventory.get(itemId) ?? null },
        }),
      );
      const ownedBy = (owner: Mended['owner']): number[] =>
        mended.filter((row) => row.owner === owner).map((row) => row.itemId);
      await copyRows(databases, 'monolith', ownedBy('monolith'));
      await copyRows(databases, 'inventory', ownedBy('inventory-service'));
      for (const id of [...this.#wrong.keys()]) if (!this.#on.has(id)) this.#wrong.delete(id);
      this.#save();
      await admin.reserve(this.wrongItems());
      log(`repair: ${mended.length} rows mended${mended.length > 0 ? ` (items ${differing.join(', ')})` : ''}`);
      if (mended.length > 0) await this.#attempt(`rows of items ${differing.join(', ')} mended`);
      return mended;
    });
  }

  /** Switches everything off without opening attempts, for the end of the demo. */
  async close(): Promise<void> {
    for (const fault of this.#options.faults.filter(({ id }) => this.#on.has(id))) {
      await fault.switchOff(this.#wrong.get(fault.id) ?? []).catch(() => undefined);
      this.#on.delete(fault.id);
    }
  }

  #stateOf({ id, does, expected }: Fault): FaultState {
    return { id, does, expected, on: this.#on.has(id), wrongItems: this.#wrong.get(id) ?? [] };
  }

  async #switchOn(fault: Fault): Promise<void> {
    const { admin, databases, items, isMonolithOwned, log } = this.#options;
    const itemIds = pickItems({ count: fault.wrongItems, items, taken: new Set(this.wrongItems()), isMonolithOwned });
    if (itemIds.length > 0) {
      this.#wrong.set(fault.id, [...(this.#wrong.get(fault.id) ?? []), ...itemIds]);
      this.#save();
      await admin.reserve(this.wrongItems());
      await untilSettled(databases, itemIds).catch((error: unknown) =>
        log(`${fault.id}: ${describeError(error)}; switching it on all the same`),
      );
    }
    await fault.switchOn(itemIds);
    this.#on.add(fault.id);
    log(`fault ${fault.id} on: ${fault.does}${itemIds.length > 0 ? ` (items ${itemIds.join(', ')})` : ''}`);
  }

  async #switchOff(fault: Fault): Promise<void> {
    const wrong = this.#wrong.get(fault.id) ?? [];
    await fault.switchOff(wrong);
    this.#on.delete(fault.id);
    const left = wrong.length > 0 ? `; ${wrong.length} rows are left wrong: npm run demo:fault -- repair` : '';
    this.#options.log(`fault ${fault.id} off${left}; the new attempt waits for what began under it`);
    await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS));
    await this.#attempt(`fault ${fault.id} switched off`);
  }

  async #attempt(reason: string): Promise<void> {
    await this.#options
      .openAttempt(reason)
      .catch((error: unknown) => this.#options.log(`no new attempt: ${describeError(error)}`));
  }

  #save(): void {
    const wrong = [...this.#wrong].map(([fault, itemIds]) => ({ fault, itemIds }));
    writeFileSync(this.#options.file, `${JSON.stringify(wrong)}\n`);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work, work);
    this.#queue = done.catch(() => undefined);
    return done;
  }
}
