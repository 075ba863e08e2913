import type { Baseline, TopicState } from '../core/consistency/flowEvidence.ts';
import type { ChangeWindow } from './changeWindow.ts';
import type { FlowFound } from './flowFound.ts';
import type { WindowPartition } from './windowPartition.ts';

/** Whether the events of one partition may be built on, as a look found it. `own` is undefined while it is not followed. */
export function topicState(
  window: ChangeWindow,
  part: number,
  { applied, beyond }: FlowFound,
  own: WindowPartition | undefined,
  baseline: Baseline | null,
): TopicState {
  if (applied.kind === 'unknown') return { kind: 'broken', reason: applied.reason };
  if (own === undefined) {
    return { kind: 'new_epoch', reason: `partition ${part} of ${window.topic} is new and has not been read yet` };
  }
  const end = beyond.get(part);
  if (end !== undefined) {
    const reason = `the applier of ${window.topic} stands past the end (${end}) of partition ${part}: the topic was made anew, or the target set back from another`;
    return { kind: 'broken', reason };
  }
  const next = applied.kind === 'exact' ? applied.next : applied.from;
  const { cause } = own;
  if (cause !== null && (baseline === null || (next.get(part) ?? 0n) < own.base)) {
    return { kind: 'new_epoch', reason: `${cause}; the applier has not passed offset ${own.base} yet` };
  }
  const emptied = window.truncated.find((at) => (next.get(at.part) ?? 0n) <= at.offset);
  if (emptied === undefined) return { kind: 'whole' };
  return { kind: 'new_epoch', reason: `the TRUNCATE at partition ${emptied.part}, offset ${emptied.offset} waits` };
}
