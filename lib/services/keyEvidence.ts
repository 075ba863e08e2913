// From what a look found to evidence on one key, and from the rule's decision to a finding. Images of events are read
// only where a verdict hangs on them: none for a row that is as it should be.
import type { FlowEvidence, PartitionEvidence } from '../core/consistency/flowEvidence.ts';
import type { HeldEvent } from '../core/consistency/heldEvent.ts';
import type { KeyDecision } from '../core/consistency/keyDecision.ts';
import { type Row, sameRow } from '../core/consistency/row.ts';
import { judgeKey } from '../core/consistency/rule.ts';
import { isVisible, parseSnapshot, type Snapshot } from '../core/consistency/snapshot.ts';
import { BanyanError, messageOf } from '../errors.ts';
import type { KeyRead } from '../ports/keyReader.ts';
import type { KeyEvents, WindowLook } from './changeWindow.ts';
import type { FlowFound } from './flowFound.ts';
import type { FlowWatch } from './flowWatch.ts';
import type { LookedAt } from './lookAtKeys.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import type { WindowEvent } from './windowEvent.ts';

/** One key as the rule decided on it, with the events that it was decided from. */
export interface JudgedKey {
  readonly key: string;
  readonly decision: KeyDecision;
  /** When its rows were read, ms since 1970. */
  readonly judgedAtMs: number;
  readonly source: Row;
  readonly target: Row;
  readonly events: readonly WindowEvent[];
  readonly reverseEvents: readonly WindowEvent[];
  /** Of a DIVERGED key, the newest event whose row the target holds: what came after it was not applied as it stands. */
  readonly holds: bigint | null;
  /** The decision on an applier that applies again what is delivered again. */
  readonly ifRepeated: () => KeyDecision;
}

/** Of a key that never stands still, so many of its newest events tell what went wrong. */
const HISTORY = 200;

type Images = Map<WindowEvent, Row | 'unavailable'>;

/** One direction of the look, with what is shared by its keys made once. */
class Flow {
  readonly watch: FlowWatch;
  readonly snapshot: Snapshot;
  readonly images: Images = new Map();
  readonly #found: FlowFound;
  readonly #look: WindowLook;
  /** Looked up once a key, and those that lie in several partitions put in order once. */
  readonly #eventsOf = new Map<string, KeyEvents>();
  readonly #byPart = new Map<number, readonly PartitionEvidence[]>();
  #everywhere: readonly PartitionEvidence[];

  constructor(watch: FlowWatch, read: KeyRead, found: FlowFound, look: WindowLook) {
    this.watch = watch;
    this.snapshot = parseSnapshot(read.snapshot);
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
    return {
      snapshot: this.snapshot,
      partitions: grown ? this.#everywhere : this.#partitions(parts),
      grown,
      events: events.map((event) => this.#evidenceOf(event)),
      ordered: ordered || !grown,
      appliedDropsRepeats: dropsRepeats,
      misplaced: null,
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

  #evidenceOf(event: WindowEvent): HeldEvent {
    const { part, offset, position, op, txId, repeat, after } = event;
    return {
      part,
      offset,
      position,
      op,
      txId,
      repeat,
      epoch: 'current',
      echo: false,
      heldBeforeRead: offset < (this.#look.ends.get(event.part) ?? 0n),
      sourceTsUs: BigInt(event.sourceTsUs),
      after: after === null ? null : (this.images.get(event) ?? 'unavailable'),
    };
  }
}

/** Judges every key of a look. */
export async function judgeLook(
  table: VerifiedTable,
  keys: readonly string[],
  reverse: FlowWatch | null,
  found: LookedAt,
): Promise<readonly JudgedKey[]> {
  const there = new Flow(table.forward, found.source, found.forward, found.forwardLook);
  const back =
    reverse === null || found.reverse === null || found.reverseLook === null
      ? null
      : new Flow(reverse, found.target, found.reverse, found.reverseLook);
  await readImages(
    table,
    there,
    keys.flatMap((key) => there.expectedFrom(key)),
  );
  const first = keys.map((key) => judge(table, key, found, there, back));
  // Only now is it known whose history matters: the leg is told from the images of every event that is held.
  const diverged = first.filter(({ decision }) => decision.verdict === 'DIVERGED').map(({ key }) => key);
  if (diverged.length === 0) return first;
  const flows = back === null ? [there] : [there, back];
  const isKnown = await lookForPartitions(table, flows);
  const isTold = await readHistory(table, flows, diverged);
  return first.map((judged) => {
    if (judged.decision.verdict !== 'DIVERGED') return judged;
    if (!isKnown) return pending(judged, 'the partitions of the change topic could not be read');
    const again = judge(table, judged.key, found, there, back);
    return isTold ? doubted(again, there) : untold(again);
  });
}

/** False if the broker does not say. */
async function lookForPartitions(table: VerifiedTable, flows: readonly Flow[]): Promise<boolean> {
  try {
    for (const flow of flows) await flow.lookForPartitions();
    return true;
  } catch (error) {
    table.logger.warn({ table: table.table, err: messageOf(error) }, 'the partitions of a topic could not be read');
    return false;
  }
}

/** False if it can't be read now. */
async function readHistory(table: VerifiedTable, flows: readonly Flow[], keys: readonly string[]): Promise<boolean> {
  try {
    for (const flow of flows) {
      await readImages(
        table,
        flow,
        keys.flatMap((key) => flow.passed(key).slice(-HISTORY)),
      );
    }
    return true;
  } catch (error) {
    if (!(error instanceof BanyanError)) throw error;
    table.logger.warn({ table: table.table, err: error.message }, 'the history of divergent keys could not be read');
    return false;
  }
}

/** A verdict without its history: the leg is not known, and what was delivered again can't be told from a divergence. */
function untold(judged: JudgedKey): JudgedKey {
  if (judged.decision.verdict !== 'DIVERGED') return judged;
  if (!judged.events.some(({ repeat }) => repeat)) {
    return { ...judged, decision: { ...judged.decision, leg: 'unknown' } };
  }
  return pending(judged, 'events of the key were delivered again, and their rows could not be read');
}

function pending(judged: JudgedKey, reason: string): JudgedKey {
  const open = { retry: true, kind: null, leg: 'unknown', columns: [], divergence: null } as const;
  return { ...judged, decision: { ...judged.decision, verdict: 'PENDING', reason, ...open } };
}

function judge(table: VerifiedTable, key: string, found: LookedAt, there: Flow, back: Flow | null): JudgedKey {
  const source = found.source.rows.get(key) ?? null;
  const target = found.target.rows.get(key) ?? null;
  const events = there.events(key);
  const atSource = found.source.owners?.get(key);
  const atTarget = found.target.owners?.get(key);
  const decide = (dropsRepeats: boolean) =>
    judgeKey({
      source,
      target,
      columns: table.mapping.columns.map(({ from }) => from),
      forward: there.evidence(key, dropsRepeats),
      reverse: back?.evidence(key, dropsRepeats) ?? null,
      ownership: atSource === undefined || atTarget === undefined ? null : { atSource, atTarget },
      targetRowTxId: found.target.writtenBy.get(key) ?? null,
      stalledAfterMs: table.limits.stalledAfterMs,
    });
  const decision = decide(true);
  const isHeld = (event: WindowEvent) => {
    const image = event.after === null ? null : (there.images.get(event) ?? 'unavailable');
    return image !== 'unavailable' && sameRow(image, target);
  };
  const holds = decision.verdict === 'DIVERGED' ? (events.findLast(isHeld)?.offset ?? null) : null;
  const reverseEvents = back?.events(key) ?? [];
  const judgedAtMs = found.readAtMs;
  return { key, decision, judgedAtMs, source, target, events, reverseEvents, holds, ifRepeated: () => decide(false) };
}

/**
 * Nobody says whether an applier drops what is delivered again. One that does not is for a while as if set back, and not
 * DIVERGED: known where the target holds just what the last event passed, repeats counted, has in it.
 */
function doubted(judged: JudgedKey, there: Flow): JudgedKey {
  const { decision, events } = judged;
  if (decision.verdict !== 'DIVERGED' || !events.some(({ repeat }) => repeat)) return judged;
  const { verdict } = judged.ifRepeated();
  // Of several positions that it may have had, one that agrees is enough to wait.
  const hasSeveral = there.isRange || there.isSpread(judged.key);
  if (verdict !== 'CLEAN' && !(hasSeveral && verdict === 'PENDING')) return judged;
  return pending(judged, 'events of the key were delivered again, and the applier seems to apply them again');
}

async function readImages({ keyReader }: VerifiedTable, flow: Flow, events: readonly WindowEvent[]): Promise<void> {
  const wanted = events.filter((event) => event.after !== null && !flow.images.has(event));
  if (wanted.length === 0) return;
  const rows = await keyReader.images(
    flow.watch.writer,
    wanted.map(({ after }) => after),
  );
  for (const [i, event] of wanted.entries()) flow.images.set(event, rows[i] ?? null);
}
