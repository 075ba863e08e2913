import { setTimeout as sleep } from 'node:timers/promises';
import { alterBeforeKafka, loseBeforeKafka, redeliver } from '../verifyRig/captureFaults.ts';
import { jumpOverEvents } from '../verifyRig/jumpOverEvents.ts';
import { patiently } from '../verifyRig/patiently.ts';
import type { Treatment } from '../verifyRig/rigApplier.ts';
import type { RigEvent } from '../verifyRig/rigEvent.ts';
import type { RigWriter } from '../verifyRig/rigWriter.ts';
import type { VerifyRig } from '../verifyRig/verifyRig.ts';
import type { CorruptionKind } from './soakLedger.ts';

const NEW = 7_777;
/** Changes left out nearer to each other than this look like one jump to every reader, whatever left them out. */
const APART = 8n;

/** Makes rows of the stock wrong in one way; each key is touched once. */
export class SoakFaults {
  readonly #rig: VerifyRig;
  readonly #writer: RigWriter;
  readonly #treatments = new Map<string, Treatment>();
  /** By partition, the newest change that was left out. */
  readonly #leftOut = new Map<number, bigint>();

  constructor(rig: VerifyRig, writer: RigWriter) {
    this.#rig = rig;
    this.#writer = writer;
    rig.applier.treat = ({ key, op }) => (op === 'r' ? 'apply' : (this.#treatments.get(key) ?? 'apply'));
  }

  async corrupt(kind: CorruptionKind, keys: readonly string[]): Promise<void> {
    const { source, target } = this.#rig;
    const change = () => source.pool.query('update inventory set quantity = $2 where item_id = any($1)', [keys, NEW]);
    switch (kind) {
      case 'drop':
        this.#treat(keys, 'drop');
        await this.#apart();
        await change();
        await this.#awaitLeftOut(keys, isChanged);
        return;
      case 'drop_delete':
        this.#treat(keys, 'drop');
        await this.#apart();
        await source.pool.query('delete from inventory where item_id = any($1)', [keys]);
        await this.#awaitLeftOut(keys, ({ op }) => op === 'd');
        return;
      case 'wrong':
        this.#treat(keys, { wrong: { reserved: 55 } });
        await change();
        return;
      case 'lost':
        await loseBeforeKafka(this.#rig, 'update inventory set quantity = $2 where item_id = any($1)', [keys, NEW]);
        return;
      case 'altered':
        for (const key of keys) await alterBeforeKafka(this.#rig, this.#writer, key, NEW, { reserved: 98 });
        return;
      case 'jump': {
        const { applier } = this.#rig;
        applier.paused = true;
        await this.#apart();
        await change();
        const events = await this.#awaitLeftOut(keys, isChanged);
        jumpOverEvents(applier, events);
        applier.paused = false;
        // Delivered again before that, they would be new to the applier, which would heal what the jump left wrong.
        await patiently('the applier counts an event behind the jump', async () => {
          const counted = await Promise.all(events.map((event) => applier.hasCountedPast(event)));
          return counted.every(Boolean) || undefined;
        });
        return;
      }
      case 'rogue':
        await target.pool.query('update stock_level set reserved = 77 where item_id = any($1)', [keys]);
        return;
      case 'rogue_delete':
        await target.pool.query('delete from stock_level where item_id = any($1)', [keys]);
        return;
      default:
        kind satisfies never;
    }
  }

  /** An applier that stands still for a while, and then goes on. */
  async pause(ms: number): Promise<void> {
    this.#rig.applier.paused = true;
    await sleep(ms);
    this.#rig.applier.paused = false;
  }

  crashApplier(): void {
    this.#rig.applier.crashes += 1;
  }

  async repeat(): Promise<void> {
    await redeliver(this.#rig, 100);
  }

  /** Waits until other changes lie between what was left out last and what comes next. */
  async #apart(): Promise<void> {
    await patiently('other changes behind those that were left out', async () => {
      const ends = await this.#rig.ends();
      return [...this.#leftOut].every(([part, offset]) => (ends.get(part) ?? 0n) > offset + APART) || undefined;
    });
  }

  async #awaitLeftOut(keys: readonly string[], is: (event: RigEvent) => boolean): Promise<readonly RigEvent[]> {
    const events = await this.#rig.tap.awaitEvents(keys, is);
    for (const { partition, offset } of events) {
      const known = this.#leftOut.get(partition) ?? -1n;
      if (offset > known) this.#leftOut.set(partition, offset);
    }
    return events;
  }

  #treat(keys: readonly string[], treatment: Treatment): void {
    for (const key of keys) this.#treatments.set(key, treatment);
  }
}

const isChanged = ({ after }: RigEvent) => after?.quantity === NEW;
