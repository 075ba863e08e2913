// Every step that source, capture and applier may take next. The faults are steps like any other, one of them once.
import type { ChangeStream } from './changeStream.ts';
import { HISTORIES, type Sent, type Setting, type State, type TargetRow, type Value } from './explorerModel.ts';

/** Takes one possible next state and the name of the step that leads to it. */
export type Emit = (step: string, next: State) => void;

/** The steps of all but the verifier. */
export function systemSteps(state: State, setting: Setting, stream: ChangeStream, emit: Emit): void {
  sourceSteps(state, setting, stream, emit);
  captureSteps(state, setting, stream, emit);
  applierSteps(state, setting, stream, emit);
  foreignSteps(state, setting, emit);
}

const isVisible = ({ commits, visible }: State, id: number) => {
  const position = commits.indexOf(id);
  return position >= 0 && (visible & (1 << position)) !== 0;
};

function sourceSteps(state: State, setting: Setting, stream: ChangeStream, emit: Emit): void {
  HISTORIES[setting.history].forEach((program, which) => {
    const at = state.done[which] ?? 0;
    const step = program[at];
    if (step === undefined) return;
    const ids = stream.ids[which] ?? [];
    const done = state.done.with(which, at + 1);
    const waits = ids.slice(0, at).some((id) => id !== null && !isVisible(state, id));
    switch (step.kind) {
      case 'write':
      case 'taken_over': {
        const id = ids[at] ?? null;
        if (id !== null && !waits) emit(`commit ${which}.${at}`, { ...state, done, commits: [...state.commits, id] });
        return;
      }
      case 'hand_over': {
        const passed =
          state.captured === stream.changes(state.commits).length &&
          state.queue.length === 0 &&
          state.applied === state.log.length;
        const drained = passed && (setting.drained === 'by_offset' || !waits);
        if (setting.drained !== 'not' && !drained) return;
        emit('hand over', { ...state, done, epoch: state.epoch + 1, epochFrom: state.commits.length });
        return;
      }
      case 'target_write':
        emit('target writes k', { ...state, done, target: { ...state.target, value: step.value, right: step.value } });
        return;
      default:
        step satisfies never;
    }
  });
  state.commits.forEach((_, position) => {
    const bit = 1 << position;
    if ((state.visible & bit) === 0) emit(`commit ${position} visible`, { ...state, visible: state.visible | bit });
  });
}

function captureSteps(state: State, setting: Setting, stream: ChangeStream, emit: Emit): void {
  const changes = stream.changes(state.commits);
  const { captured: event, queue, otherQueue } = state;
  const change = changes[event];
  if (change !== undefined) {
    const read = { ...state, captured: event + 1 };
    if (change.key === 'o') emit('capture sends o', { ...read, otherQueue: [...otherQueue, event] });
    else emit('capture sends', { ...read, queue: [...queue, { event, altered: false }] });
    if (change.key === 'k' && !state.faultDone) {
      const faulty = { ...read, faultDone: true };
      if (setting.fault === 'lost') emit('FAULT lost', faulty);
      if (setting.fault === 'altered')
        emit('FAULT altered', { ...faulty, queue: [...queue, { event, altered: true }] });
    }
  }
  const [first, ...others] = queue;
  if (first !== undefined) emit('append', { ...state, queue: others, log: [...state.log, first] });
  const [otherFirst, ...otherOthers] = otherQueue;
  if (otherFirst !== undefined) {
    const otherPast = Math.max(state.otherPast, changes[otherFirst]?.commit ?? -1);
    emit('append o', { ...state, otherQueue: otherOthers, otherPast });
  }
  const acknowledged = Math.min(event, first?.event ?? event, otherFirst ?? event);
  if (acknowledged > state.committed) emit('capture commits', { ...state, committed: acknowledged });
  if (state.restarts > 0 && event > state.committed) {
    emit('capture restarts', {
      ...state,
      restarts: state.restarts - 1,
      captured: state.committed,
      queue: [],
      otherQueue: [],
    });
  }
}

/** What an event writes: null for an event of another key. */
function written(sent: Sent, stream: ChangeStream, state: State): Value | null {
  const change = stream.changes(state.commits)[sent.event];
  if (change === undefined || change.key !== 'k') return null;
  return sent.altered ? 'X' : change.value;
}

function applierSteps(state: State, setting: Setting, stream: ChangeStream, emit: Emit): void {
  const sent = state.log[state.applied];
  if (sent !== undefined) {
    const { event } = sent;
    const repeated = setting.applierDropsRepeats && event <= state.newestApplied;
    const value = repeated ? null : written(sent, stream, state);
    const newestApplied = setting.applierDropsRepeats ? Math.max(state.newestApplied, event) : -1;
    const passed = { ...state, applied: state.applied + 1, newestApplied };
    if (value === null) emit('applier passes', passed);
    else {
      const { target } = state;
      const now = (row: Value): TargetRow => ({ ...target, value: row, right: value, by: 'applier', early: false });
      emit('applier applies', { ...passed, target: now(value) });
      if (!state.faultDone) {
        const skipped = { ...passed, target: { ...target, right: value }, faultDone: true };
        const { fault } = setting;
        if (fault === 'skip' || fault === 'rogueThenSkip') emit('FAULT skip', skipped);
        if (fault === 'jump') emit('FAULT jump', { ...skipped, jumpAt: state.applied });
        if (fault === 'wrong') emit('FAULT wrong', { ...passed, target: now('X'), faultDone: true });
      }
    }
  }
  if (setting.position === 'range' && state.group < state.applied) {
    emit('applier commits', { ...state, group: state.applied });
    emit('applier crashes', { ...state, applied: state.group });
  }
}

const ROGUE_VALUES: Partial<Record<NonNullable<Setting['fault']>, Value>> = {
  rogue: 'R',
  rogueOlder: 1,
  rogueDelete: '-',
  rogueThenSkip: 'R',
};

function foreignSteps(state: State, { fault, told }: Setting, emit: Emit): void {
  const { target } = state;
  const value = fault === null ? undefined : ROGUE_VALUES[fault];
  if (value !== undefined && !state.faultDone && target.foreign === 'none' && target.value !== value) {
    const foreign = told.reverse === 'prompt' ? 'held' : 'on_its_way';
    const row: TargetRow = { ...target, value, by: 'foreign', early: false, foreign };
    emit('FAULT foreign write', { ...state, target: row, faultDone: fault !== 'rogueThenSkip' });
  }
  if (target.foreign === 'on_its_way') emit('reverse capture', { ...state, target: { ...target, foreign: 'held' } });
}
