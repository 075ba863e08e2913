import type { FlowEvidence, PartitionEvidence } from '../core/consistency/flowEvidence.ts';
import type { HeldEvent } from '../core/consistency/heldEvent.ts';
import type { Row } from '../core/consistency/row.ts';
import { extendTxId, isVisible, parseSnapshot, type Snapshot } from '../core/consistency/snapshot.ts';
import type { KeyRead } from '../ports/keyReader.ts';
import type { KeyEvents, WindowLook } from './changeWindow.ts';
import { coveredBy, type FlowFound } from './flowFound.ts';
import type { FlowWatch } from './flowWatch.ts';
import type { WindowEvent } from './windowEvent.ts';

type Images = Map<WindowEvent, Row | 'unavailable'>;

/** One direction of a look, with what is shared by its keys made once. */
export class KeyFlow {
  readonly watch: FlowWatch;
  readonly snapshot: Snapshot;
  readonly images: Images = new Map();
  readonly #found: FlowFound;
  readonly #read: KeyRead;
  readonly #look: WindowLook;
  /** Looked up once a key, and those that lie in several partitions put in order once. */
  readonly #eventsOf = new Map<string, KeyEvents>();
  readonly #byPart = new Map<number, readonly PartitionEvidence[]>();
  #everywhere: readonly PartitionEvidence[];

  constructor(watch: FlowWatch, read: KeyRead, found: FlowFound, look: WindowLook) {
    this.watch = watch;
    this.snapshot = parseSnapshot(read.snapshot);
    this.#read = read;
    this.#found = found;
    this.#look = look;
    this.#everywhere = watch.partitions(found, null);
  }

  /** Reads which partitions the topic has by now, after the fence: where a change may lie that is not held here. */
  async lookForPartitions(): Promise<void> {
    await this.watch.readEnds();
    this.#everywhere = this.watch.partitions(this.#found, null);
    this.#byPart.clear();
    this.#eventsOf.clear();
  }

  events(key: string): readonly WindowEvent[] {
    return this.#held(key).events;
  }

  isSpread(key: string): boolean {
    return this.#held(key).parts.length > 1;
  }

  #held(key: string): KeyEvents {
    let held = this.#eventsOf.get(key);
    if (held === undefined) {
      held = this.watch.window.events(key);
      this.#eventsOf.set(key, held);
    }
    return held;
  }

  /** Events of a key that the applier has passed, or may have. */
  passed(key: string): readonly WindowEvent[] {
    const to = this.#reach;
    return this.events(key).filter(({ part, offset }) => offset < (to.get(part) ?? 0n));
  }

  /** Those whose rows may be what the target must hold: unseen by the writer's reader, and perhaps applied last. */
  expectedFrom(key: string): readonly WindowEvent[] {
    const unseen = this.passed(key).filter(({ txId }) => txId === null || !isVisible(txId, this.snapshot));
    const { applied } = this.#found;
    if (applied.kind === 'exact') return unseen.slice(unseen.findLastIndex(({ repeat }) => !repeat));
    const from = applied.kind === 'range' ? applied.from : this.#reach;
    const first = unseen.findLastIndex(({ part, offset, repeat }) => !repeat && offset < (from.get(part) ?? 0n));
    return unseen.slice(Math.max(first, 0));
  }

  /** The highest positions that the applier may have had. */
  get #reach(): ReadonlyMap<number, bigint> {
    const { applied } = this.#found;
    switch (applied.kind) {
      case 'exact':
        return applied.next;
      case 'range':
        return applied.to;
      case 'unknown':
        return new Map();
      default:
        return applied satisfies never;
    }
  }

  get isRange(): boolean {
    return this.#found.applied.kind === 'range';
  }

  evidence(key: string, dropsRepeats: boolean): FlowEvidence {
    const { events, parts, ordered } = this.#held(key);
    const { grown } = this.watch.window;
    const since = this.#read.owners?.get(key)?.since ?? null;
    return {
      snapshot: this.snapshot,
      partitions: grown ? this.#everywhere : this.#partitions(parts),
      grown,
      events: events.map((event) => this.#evidenceOf(event, since)),
      ordered: ordered || !grown,
      appliedDropsRepeats: dropsRepeats,
      looks: this.watch.looks.all,
    };
  }

  #partitions(parts: readonly number[]): readonly PartitionEvidence[] {
    const [part] = parts;
    if (part === undefined) return this.#everywhere;
    if (parts.length > 1) return this.watch.partitions(this.#found, new Set(parts));
    let own = this.#byPart.get(part);
    if (own === undefined) {
      own = this.watch.partitions(this.#found, new Set([part]));
      this.#byPart.set(part, own);
    }
    return own;
  }

  #evidenceOf(event: WindowEvent, since: bigint | null): HeldEvent {
    const { part, offset, position, op, txId, repeat, after } = event;
    return {
      part,
      offset,
      position,
      op,
      txId,
      repeat,
      epoch: since !== null && this.#isBefore(event, since) ? 'earlier' : 'current',
      echo: event.byApplier,
      heldBeforeRead: offset < (this.#look.ends.get(event.part) ?? 0n),
      sourceTsUs: BigInt(event.sourceTsUs),
      after: after === null ? null : (this.images.get(event) ?? 'unavailable'),
    };
  }

  /**
   * Whether the change was written before this transaction opened the ownership epoch in force. An epoch is opened when
   * every earlier change is visible on its own side and applied on the other: what is not both is of this epoch.
   */
  #isBefore({ part, offset, txId }: WindowEvent, since: bigint): boolean {
    if (offset >= (coveredBy(this.#found.applied).get(part) ?? 0n)) return false;
    // A row of a snapshot names no transaction: it may be older, and proves nothing of this epoch.
    if (txId === null) return true;
    return isVisible(txId, this.snapshot) && extendTxId(txId, this.snapshot) < extendTxId(since, this.snapshot);
  }
}
