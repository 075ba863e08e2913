// One direction of a key, settled: what its applier must hold at the position it had when the follower's row was read.
// The events split into those that the writer's reader sees and those it does not; the former are in the row that was
// read, so the latter alone, up to the position, are folded over it.
import { comparePosition } from '../cdc/redelivery.ts';
import type { AppliedPosition, FlowEvidence, HeldSince } from './flowEvidence.ts';
import type { HeldEvent } from './heldEvent.ts';
import type { ExpectedFrom } from './keyDecision.ts';
import { type Row, sameRow } from './row.ts';
import type { RowVerdict } from './rowVerdict.ts';
import { isVisible } from './snapshot.ts';

/** What a right applier holds at one position, and the event that made it so, if one is held. */
export interface Expected {
  readonly row: Row | 'unavailable';
  readonly from: ExpectedFrom;
  readonly givenBy: HeldEvent | null;
}

/** `at`: one value for each position the applier may have been at, lowest first; one alone if it is known exactly. */
export interface Settled {
  readonly settled: true;
  readonly at: readonly [Expected, ...Expected[]];
  readonly lastVisible: HeldEvent | null;
  /**
   * Whether the newest visible event holds the row that was read, and, where repeats count, each repeat what it held at
   * first; `unknown` if there is no such event, or others wrote the row too.
   */
  readonly capture: 'same' | 'diverged' | 'unknown';
}

export interface Open {
  readonly settled: false;
  readonly verdict: RowVerdict;
  readonly reason: string;
  readonly retry: boolean;
}

const open = (verdict: RowVerdict, reason: string, retry = false): Open => ({ settled: false, verdict, reason, retry });

/** The events of the ownership epoch in force. */
export const currentEvents = (flow: FlowEvidence) => flow.events.filter((event) => event.epoch !== 'earlier');

/** Settles a direction, or says why it can't be yet. `mixed`: the other side's changes are written into this row too. */
export function settleFlow(
  flow: FlowEvidence,
  row: Row,
  options: { readonly stalledAfterMs: number; readonly mixed: boolean },
): Settled | Open {
  const untrusted = distrust(flow);
  if (untrusted !== null) return untrusted;
  const events = currentEvents(flow);
  const once = events.filter((event) => !event.repeat);
  const seen = once.map((event) => visibility(event, flow));
  const firstUnseen = seen.findIndex((v) => v !== 'yes');
  const visible = firstUnseen < 0 ? once : once.slice(0, firstUnseen);
  const later = once.slice(visible.length);
  if (firstUnseen >= 0 && !seen.includes('unknown') && seen.lastIndexOf('yes') > firstUnseen) {
    return open('UNKNOWN', 'events of one key came out of commit order: capture is not to be trusted here');
  }
  const lastVisible = visible.at(-1) ?? null;
  const applied = flow.appliedDropsRepeats ? once : events;
  const waits = unready(flow, applied, visible, options.stalledAfterMs);
  if (waits !== null) return waits;
  if (seen.includes('unknown')) return open('PENDING', 'an event does not say which transaction wrote it', true);

  const altered = !flow.appliedDropsRepeats && events.some((event) => event.repeat && contradicts(event, once));
  const capture = altered ? 'diverged' : captureOf(flow, lastVisible, row, options.mixed);
  const folded = flow.appliedDropsRepeats ? later : events;
  const last = lastApplied(flow, folded);
  if (last === null) return open('PENDING', 'a newer change of the key was applied before an older one', true);
  const [lowest, ...others] = last.map((last) => {
    // Where repeats count, the last event may be a visible one; the row as read stands above an event that contradicts it.
    const inRow = last === lastVisible || (capture === 'diverged' && last !== null && !later.includes(last));
    return expectedAfter(inRow ? null : last, row, lastVisible);
  });
  if (lowest === undefined) return open('UNKNOWN', 'nobody applies this direction');
  return { settled: true, at: [lowest, ...others], lastVisible, capture };
}

/** Events that are not both seen by the writer's reader and applied: what is under way. */
export function underWay(flow: FlowEvidence): readonly HeldEvent[] {
  return currentEvents(flow).filter(
    (event) => !event.repeat && (visibility(event, flow) !== 'yes' || !isApplied(event, flow)),
  );
}

/** Whether the writer's reader, in the snapshot of the flow, sees the change. */
export function visibility(event: HeldEvent, flow: FlowEvidence): 'yes' | 'no' | 'unknown' {
  if (event.txId !== null) return isVisible(event.txId, flow.snapshot) ? 'yes' : 'no';
  return event.op === 'r' && event.heldBeforeRead ? 'yes' : 'unknown';
}

/** Why the direction's events can't be built on at all. */
function distrust(flow: FlowEvidence): Open | null {
  if (flow.partitions.length === 0) return open('PENDING', 'nothing of the topic has been read yet');
  for (const { topic } of flow.partitions) if (topic.kind === 'broken') return open('UNKNOWN', topic.reason);
  for (const { topic } of flow.partitions) if (topic.kind === 'new_epoch') return open('PENDING', topic.reason);
  if (flow.events.length > 0 && flow.partitions.length > 1 && !flow.grown) {
    return open('UNKNOWN', 'events of one key lie in more than one partition: their order is not known');
  }
  if (!flow.ordered) {
    return open('UNKNOWN', 'the key has changes on both sides of an added partition that do not tell their order');
  }
  if (flow.events.some((event) => event.epoch === 'unknown')) {
    return open('PENDING', 'an event does not say in which ownership epoch it was written', true);
  }
  return null;
}

/** What still has to happen before the direction can be judged. */
function unready(
  flow: FlowEvidence,
  applied: readonly HeldEvent[],
  visible: readonly HeldEvent[],
  stalledAfterMs: number,
): Open | null {
  for (const { part, stillMs, applied: position } of flow.partitions) {
    const low = lowOf(position);
    if (low === null || stillMs < stalledAfterMs) continue;
    if (!applied.some((event) => event.part === part && event.offset >= low)) continue;
    return open('STALLED', `the applier has stood still at offset ${low} for ${Math.floor(stillMs / 1000)} s`);
  }
  for (const partition of flow.partitions) {
    const { baseline, fencePassed, readTo } = partition;
    if (!fencePassed) return open('PENDING', 'capture has not yet delivered everything up to the moment of the read');
    if (baseline === null) return open('PENDING', 'Banyan has not yet begun to hold the events of this key');
    if (flow.snapshot.xmin < baseline.transactionId || (lowOf(partition.applied) ?? 0n) < baseline.offset) {
      return open('PENDING', 'the positions from before Banyan began have not been passed yet', true);
    }
    if (readTo < (highOf(partition.applied) ?? 0n))
      return open('PENDING', 'Banyan has not read as far as the applier', true);
  }
  const waiting = visible.findLast((event) => positionAt(event, flow).kind !== 'none' && !isApplied(event, flow));
  if (waiting === undefined) return null;
  return open('PENDING', `the change at offset ${waiting.offset} waits to be applied`, true);
}

function captureOf(flow: FlowEvidence, lastVisible: HeldEvent | null, row: Row, mixed: boolean): Settled['capture'] {
  if (lastVisible === null || lastVisible.after === 'unavailable') return 'unknown';
  if (sameRow(lastVisible.after, row)) return 'same';
  return mixed || !isNewest(lastVisible, flow) ? 'unknown' : 'diverged';
}

/** False if a newer event of the key may have been forgotten in another partition of a topic that has grown. */
function isNewest({ part, position }: HeldEvent, { partitions, grown }: FlowEvidence): boolean {
  const isHeldFrom = (since: HeldSince) =>
    since === 'start' || (since !== 'unknown' && position !== null && comparePosition(position, since) >= 0);
  return !grown || partitions.every((other) => other.part === part || isHeldFrom(other.heldSince));
}

/** An event delivered again that does not hold what it held at first, where that is held. */
function contradicts(repeat: HeldEvent, once: readonly HeldEvent[]): boolean {
  const { txId, after } = repeat;
  const first = once.filter((event) => txId !== null && event.txId === txId);
  return (
    after !== 'unavailable' &&
    first.length > 0 &&
    first.every((event) => event.after !== 'unavailable' && !sameRow(event.after, after))
  );
}

function expectedAfter(last: HeldEvent | null, row: Row, lastVisible: HeldEvent | null): Expected {
  if (last === null) return { row, from: { kind: 'source' }, givenBy: lastVisible };
  return { row: last.after, from: { kind: 'event', part: last.part, offset: last.offset }, givenBy: last };
}

/**
 * The events that the applier may have applied last, that of its lowest position first; null is none of them. Where the
 * topic has grown, one position a partition is as good as one in all only if the applier kept the order of commits:
 * null if it has not. One that applies again what is delivered again may hold the last event of any partition.
 */
function lastApplied(flow: FlowEvidence, events: readonly HeldEvent[]): readonly (HeldEvent | null)[] | null {
  if (flow.partitions.some(({ applied }) => applied.kind === 'none')) return [];
  const parts = new Set(events.map(({ part }) => part));
  if (parts.size > 1 && events.some(({ repeat }) => repeat)) {
    return [...parts].flatMap(
      (part) =>
        lastApplied(
          flow,
          events.filter((event) => event.part === part),
        ) ?? [],
    );
  }
  const sure = events.findLastIndex((event) => isApplied(event, flow)) + 1;
  const possible = events.findLastIndex((event) => mayBeApplied(event, flow)) + 1;
  const isInOrder =
    events.slice(0, sure).every((event) => isApplied(event, flow)) &&
    events.slice(0, possible).every((event) => mayBeApplied(event, flow));
  if (!isInOrder) return null;
  return [events[sure - 1] ?? null, ...events.slice(sure, possible)];
}

const NOBODY: AppliedPosition = { kind: 'none' };

const positionAt = ({ part }: HeldEvent, { partitions }: FlowEvidence): AppliedPosition =>
  partitions.find((partition) => partition.part === part)?.applied ?? NOBODY;

/** Whether the applier has passed the event for certain. */
function isApplied(event: HeldEvent, flow: FlowEvidence): boolean {
  const low = lowOf(positionAt(event, flow));
  return low !== null && event.offset < low;
}

function mayBeApplied(event: HeldEvent, flow: FlowEvidence): boolean {
  const high = highOf(positionAt(event, flow));
  return high !== null && event.offset < high;
}

function lowOf(applied: AppliedPosition): bigint | null {
  if (applied.kind === 'none') return null;
  return applied.kind === 'exact' ? applied.next : applied.from;
}

function highOf(applied: AppliedPosition): bigint | null {
  if (applied.kind === 'none') return null;
  return applied.kind === 'exact' ? applied.next : applied.to;
}
