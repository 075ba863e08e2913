// Every step that the verifier may take next, up to its verdict; the wrong orders of steps are settings of their own.
import type { KeyDecision } from '../keyDecision.ts';
import type { ChangeStream } from './changeStream.ts';
import { decide } from './explorerEvidence.ts';
import { HISTORIES, type Setting, type State, type TargetRow, type Verifier } from './explorerModel.ts';
import type { Emit } from './systemSteps.ts';

/** A verdict, and the target's row that it was given on. */
export interface Judged {
  readonly decision: Pick<KeyDecision, 'verdict' | 'leg' | 'captureDiverged' | 'divergence' | 'lastVisible'>;
  readonly target: TargetRow;
}

/** The verifier's steps; `judge` takes each verdict that it may give now. */
export function verifierSteps(
  state: State,
  setting: Setting,
  stream: ChangeStream,
  emit: Emit,
  judge: (judged: Judged) => void,
): void {
  const { verifier } = state;
  const go = (step: string, more: Partial<Verifier>) => emit(step, { ...state, verifier: { ...verifier, ...more } });
  switch (verifier.phase) {
    case 'down':
      if (setting.told.appliedAtStart === 'by_older_look') emit('Banyan looks and ends', looked(state));
      else emit('Banyan starts', started(state, state.log.length));
      return;
    case 'down_again':
      for (let from = 0; from <= state.log.length; from += 1) emit(`Banyan starts from ${from}`, started(state, from));
      return;
    case 'up':
      if (setting.logPositionFirst && verifier.position < 0) go('takes L', { position: state.commits.length });
      else if (state.epoch % 2 === 0) {
        go('reads S', {
          phase: setting.logPositionFirst ? 'position_taken' : 'row_read',
          source: stream.sourceRow(state),
          seen: state.visible,
          commitsAtRead: state.commits.length,
          quiet: state.faultDone && isAtRest(state, setting),
          epoch: state.epoch,
          epochFrom: state.epochFrom,
        });
      }
      return;
    case 'row_read':
      go('takes L', { phase: 'position_taken', position: state.commits.length });
      return;
    case 'position_taken':
      fenceSteps(state, setting, stream, go);
      return;
    case 'acknowledged':
      go('reads the watermark', { phase: 'fenced', readTo: state.log.length });
      return;
    case 'fenced':
    case 'half_read':
    case 'target_read':
      targetSteps(state, setting, go, (target, low, high) =>
        judge({ decision: decide(state, setting, stream, { target, low, high, now: state.target }), target }),
      );
      return;
    default:
      verifier.phase satisfies never;
  }
}

/** An earlier run: from here on the target's own changes are held, by whoever starts next. */
function looked(state: State): State {
  const { commits, log, applied, verifier } = state;
  const look = { commits: commits.length, end: log.length, applied };
  return { ...state, target: untold(state.target), verifier: { ...verifier, phase: 'down_again', look } };
}

function started(state: State, baseline: number): State {
  const { target, commits, applied, verifier } = state;
  return {
    ...state,
    target: verifier.phase === 'down' ? untold(target) : target,
    verifier: { ...verifier, phase: 'up', baseline, commitsAtBaseline: commits.length, appliedAtBaseline: applied },
  };
}

/** The row as what was written before anything was held. */
const untold = (row: TargetRow): TargetRow => ({
  ...row,
  early: true,
  foreign: row.foreign === 'none' ? 'none' : 'early',
});

const isAtRest = ({ done, commits, visible }: State, { history }: Setting) =>
  HISTORIES[history].every((program, i) => done[i] === program.length) && visible === (1 << commits.length) - 1;

type Go = (step: string, more: Partial<Verifier>) => void;

function fenceSteps(state: State, { fences }: Setting, stream: ChangeStream, go: Go): void {
  const { verifier, log, commits } = state;
  const changes = stream.changes(commits);
  const past = (read: number) => stream.wholeCommits(commits, read) >= verifier.position;
  for (const fence of fences) {
    switch (fence) {
      case 'own_event': {
        const at = log.findIndex(
          ({ event }, offset) => offset >= verifier.baseline && (changes[event]?.commit ?? -1) >= verifier.position,
        );
        if (at < 0) break;
        for (const readTo of new Set([at + 1, log.length])) go('own event past L', { phase: 'fenced', readTo });
        break;
      }
      case 'committed':
        if (past(state.committed)) go('committed past L', { phase: 'acknowledged' });
        break;
      case 'read_position':
        if (past(state.captured)) go('read position past L', { phase: 'acknowledged' });
        break;
      case 'other_partition':
        if (state.otherPast >= verifier.position) go('other partition past L', { phase: 'acknowledged' });
        break;
      case 'watermark_first':
        if (verifier.readTo < 0) go('watermark first', { readTo: log.length });
        else if (past(state.committed)) go('committed past L', { phase: 'fenced' });
        break;
      default:
        fence satisfies never;
    }
  }
}

/** The reads of the target row and of the applier's position, in the setting's order. */
function targetSteps(
  { verifier, target, applied, group, log }: State,
  { reads, position, rule }: Setting,
  go: Go,
  judge: (target: TargetRow, low: number, high: number) => void,
): void {
  const { phase, low, high } = verifier;
  const seen = verifier.target ?? target;
  // Nobody reads a position that the baseline has not reached, or, by the fence alone, one before it.
  const begun = position === 'exact' ? rule !== 'fence_only' || applied >= verifier.readTo : group >= verifier.baseline;
  if (!begun && phase === 'fenced') return;
  if (position === 'exact') {
    if (reads === 'W_then_T') {
      if (phase === 'fenced') go('reads W', { phase: 'half_read', low: applied });
      else judge(target, low, low);
    } else if (reads === 'T_then_W') {
      if (phase === 'fenced') go('reads T', { phase: 'half_read', target });
      else judge(seen, applied, applied);
    } else judge(target, applied, applied);
    return;
  }
  switch (reads) {
    case 'C_after_T':
      if (phase === 'fenced') go('reads T', { phase: 'half_read', target });
      else if (phase === 'half_read') go('reads C', { phase: 'target_read', low: group });
      else judge(seen, low, log.length);
      return;
    case 'H_before_T':
      if (phase === 'fenced') go('reads C and H', { phase: 'half_read', low: group, high: log.length });
      else judge(target, low, high);
      return;
    default:
      if (phase === 'fenced') go('reads C', { phase: 'half_read', low: group });
      else if (phase === 'half_read') go('reads T', { phase: 'target_read', target });
      else judge(seen, low, log.length);
  }
}
