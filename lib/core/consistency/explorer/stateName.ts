import type { Sent, State, TargetRow, Value } from './explorerModel.ts';

const PHASES = 'down down_again up row_read position_taken acknowledged fenced half_read target_read'.split(' ');
const FOREIGN = ['none', 'early', 'on_its_way', 'held'];

/** A short text that is the same for the same state alone: one character a number, lists led by their length. */
export function stateName(state: State): string {
  const { verifier } = state;
  const numbers = [
    state.visible,
    state.epoch,
    state.epochFrom,
    state.captured,
    state.committed,
    state.restarts,
    state.otherPast,
    state.applied,
    state.group,
    state.newestApplied,
    state.faultDone ? 1 : 0,
    state.jumpAt,
    PHASES.indexOf(verifier.phase),
    verifier.baseline,
    verifier.commitsAtBaseline,
    verifier.appliedAtBaseline,
    verifier.look.commits,
    verifier.look.end,
    verifier.look.applied,
    valueNumber(verifier.source),
    verifier.seen,
    verifier.commitsAtRead,
    verifier.position,
    verifier.readTo,
    verifier.low,
    verifier.high,
    verifier.quiet ? 1 : 0,
    verifier.epoch,
    verifier.epochFrom,
    state.done.length,
    ...state.done,
    state.commits.length,
    ...state.commits,
    state.otherQueue.length,
    ...state.otherQueue,
  ];
  pushRow(numbers, state.target);
  if (verifier.target !== null) pushRow(numbers, verifier.target);
  pushSent(numbers, state.queue);
  pushSent(numbers, state.log);
  for (let i = 0; i < numbers.length; i += 1) numbers[i] = (numbers[i] ?? 0) + 2;
  return String.fromCharCode(...numbers);
}

function pushSent(numbers: number[], list: readonly Sent[]): void {
  numbers.push(list.length);
  for (const { event, altered } of list) numbers.push(2 * event + (altered ? 1 : 0));
}

function pushRow(numbers: number[], row: TargetRow): void {
  const hand = (row.by === 'foreign' ? 2 : 0) + (row.early ? 1 : 0);
  numbers.push(valueNumber(row.value), valueNumber(row.right), 4 * FOREIGN.indexOf(row.foreign) + hand);
}

function valueNumber(value: Value | null): number {
  if (typeof value === 'number') return value;
  return value === null ? 20 : 21 + '-XR'.indexOf(value);
}
