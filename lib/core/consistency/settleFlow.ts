// One direction of a key, settled: what its applier must hold at the position it had when the follower's row was read.
// The events split into those that the writer's reader sees and those it does not; the former are in the row that was
// read, so the latter alone, up to the position, are folded over it.
import type { FlowEvidence, PartitionEvidence } from './flowEvidence.ts';
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
  const waits = unready(flow, applied, lastVisible, options.stalledAfterMs);
  if (waits !== null) return waits;
  if (seen.includes('unknown')) return open('PENDING', 'an event does not say which transaction wrote it', true);

  const altered = !flow.appliedDropsRepeats && events.some((event) => event.repeat && contradicts(event, once));
  const capture = altered ? 'diverged' : captureOf(lastVisible, row, options.mixed);
  const folded = flow.appliedDropsRepeats ? later : events;
  const [lowest, ...others] = positions(flow).map((position) => {
    const last = folded.findLast((event) => event.offset < position);
    // Where repeats count, the last event may be a visible one; the row as read stands above an event that contradicts it.
    const inRow = last === lastVisible || (capture === 'diverged' && last !== undefined && !later.includes(last));
    return expectedAfter(inRow ? null : (last ?? null), row, lastVisible);
  });
  if (lowest === undefined) return open('UNKNOWN', 'nobody applies this direction');
  return { settled: true, at: [lowest, ...others], lastVisible, capture };
}

/** Events that are not both seen by the writer's reader and applied: what is under way. */
export function underWay(flow: FlowEvidence): readonly HeldEvent[] {
  const low = lowestPosition(flow);
  return currentEvents(flow).filter(
    (event) => !event.repeat && (visibility(event, flow) !== 'yes' || low === null || event.offset >= low),
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
  if (flow.events.length > 0 && flow.partitions.length > 1) {
    return open('UNKNOWN', 'events of one key lie in more than one partition: their order is not known');
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
  lastVisible: HeldEvent | null,
  stalledAfterMs: number,
): Open | null {
  const low = lowestPosition(flow);
  const stillMs = Math.max(...flow.partitions.map((partition) => partition.stillMs));
  if (low !== null && stillMs >= stalledAfterMs && applied.some((event) => event.offset >= low)) {
    return open('STALLED', `the applier has stood still at offset ${low} for ${Math.floor(stillMs / 1000)} s`);
  }
  for (const partition of flow.partitions) {
    const { baseline, fencePassed, readTo } = partition;
    if (!fencePassed) return open('PENDING', 'capture has not yet delivered everything up to the moment of the read');
    if (baseline === null) return open('PENDING', 'Banyan has not yet begun to hold the events of this key');
    if (flow.snapshot.xmin < baseline.transactionId || (lowOf(partition) ?? 0n) < baseline.offset) {
      return open('PENDING', 'the positions from before Banyan began have not been passed yet', true);
    }
    if (readTo < (highOf(partition) ?? 0n)) return open('PENDING', 'Banyan has not read as far as the applier', true);
  }
  if (lastVisible !== null && low !== null && low <= lastVisible.offset) {
    return open('PENDING', `the change at offset ${lastVisible.offset} waits to be applied`, true);
  }
  return null;
}

function captureOf(lastVisible: HeldEvent | null, row: Row, mixed: boolean): Settled['capture'] {
  if (lastVisible === null || lastVisible.after === 'unavailable') return 'unknown';
  if (sameRow(lastVisible.after, row)) return 'same';
  return mixed ? 'unknown' : 'diverged';
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
  return { row: last.after, from: { kind: 'event', offset: last.offset }, givenBy: last };
}

/** The positions at which the applier may have been, those without an event of the key between them taken together. */
function positions(flow: FlowEvidence): readonly bigint[] {
  const [own] = flow.partitions;
  if (own === undefined) return [];
  const { applied } = own;
  switch (applied.kind) {
    case 'exact':
      return [applied.next];
    case 'range': {
      const { from, to } = applied;
      const within = flow.events.map((event) => event.offset + 1n).filter((next) => next > from && next <= to);
      return [from, ...within];
    }
    case 'none':
      return [];
    default:
      return applied satisfies never;
  }
}

function lowOf({ applied }: PartitionEvidence): bigint | null {
  if (applied.kind === 'none') return null;
  return applied.kind === 'exact' ? applied.next : applied.from;
}

function highOf({ applied }: PartitionEvidence): bigint | null {
  if (applied.kind === 'none') return null;
  return applied.kind === 'exact' ? applied.next : applied.to;
}

/** The lowest position of the key's own partition; null where it is not known or nobody applies. */
function lowestPosition(flow: FlowEvidence): bigint | null {
  const [own, ...others] = flow.partitions;
  return own === undefined || others.length > 0 ? null : lowOf(own);
}
