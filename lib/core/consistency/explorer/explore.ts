// Every reachable state of a setting, each once, shortest way first; and what must hold of each verdict.
import type { Leg, RowVerdict } from '../rowVerdict.ts';
import { ChangeStream } from './changeStream.ts';
import { type Fault, firstState, type Setting, type State, type TargetRow } from './explorerModel.ts';
import { stateName } from './stateName.ts';
import { systemSteps } from './systemSteps.ts';
import { timedTwoReads } from './timedTwoReads.ts';
import { type Judged, verifierSteps } from './verifierSteps.ts';

/** What a verdict may get wrong. */
export type Flaw =
  | 'false_divergence'
  | 'false_capture_divergence'
  | 'missed'
  | 'wrong_leg'
  | 'leg_not_named'
  | 'false_clean';

export interface Exploration {
  readonly states: number;
  readonly verdicts: Readonly<Record<RowVerdict, number>>;
  /** Verdicts after the fault on a source that has come to rest: those that must not miss it. */
  readonly quiet: number;
  readonly namedLegs: number;
  /** The first instance of each flaw: the steps that lead to it. */
  readonly flaws: ReadonlyMap<Flaw, readonly string[]>;
}

/** Tries every order of steps; with `until`, only as far as the first instance of that flaw. */
export function explore(setting: Setting, until?: Flaw): Exploration {
  const stream = new ChangeStream(setting);
  const first = firstState(setting);
  const cameBy = new Map<string, readonly [string, string] | null>([[stateName(first), null]]);
  const todo = [first];
  const verdicts = { CLEAN: 0, DIVERGED: 0, PENDING: 0, STALLED: 0, CONFLICT: 0, UNKNOWN: 0 };
  const flaws = new Map<Flaw, readonly string[]>();
  let quiet = 0;
  let namedLegs = 0;
  for (let next = 0; next < todo.length && !(until !== undefined && flaws.has(until)); next += 1) {
    const state = todo[next];
    if (state === undefined) break;
    const name = stateName(state);
    const emit = (step: string, found: State) => {
      const foundName = stateName(found);
      if (cameBy.has(foundName)) return;
      cameBy.set(foundName, [name, step]);
      todo.push(found);
    };
    systemSteps(state, setting, stream, emit);
    const judge = (judged: Judged) => {
      const { verdict, leg } = judged.decision;
      verdicts[verdict] += 1;
      if (state.verifier.quiet) quiet += 1;
      if (leg !== 'unknown') namedLegs += 1;
      for (const flaw of flawsOf(judged, state, setting)) if (!flaws.has(flaw)) flaws.set(flaw, wayTo(name, cameBy));
    };
    if (setting.rule === 'timed_two_reads') timedTwoReads(state, stream, emit, judge);
    else verifierSteps(state, setting, stream, emit, judge);
  }
  return { states: cameBy.size, verdicts, quiet, namedLegs, flaws };
}

const LEG_OF: Record<Fault, Leg> = {
  lost: 'capture',
  altered: 'capture',
  skip: 'apply',
  wrong: 'apply',
  jump: 'transport',
  rogue: 'rogue_write',
  rogueOlder: 'rogue_write',
  rogueDelete: 'rogue_write',
  rogueThenSkip: 'apply',
};

function flawsOf({ decision, target }: Judged, state: State, { fault, lateStart, told }: Setting): readonly Flaw[] {
  const { verdict, leg, captureDiverged } = decision;
  const { value, right } = target;
  const source = state.verifier.source;
  const flaws: Flaw[] = [];
  const beforeKafka = fault === 'lost' || fault === 'altered';
  if (verdict === 'DIVERGED' && value === right && !beforeKafka) flaws.push('false_divergence');
  if (captureDiverged && !beforeKafka) flaws.push('false_capture_divergence');
  if (verdict === 'CLEAN') {
    if (state.verifier.quiet && value !== source) flaws.push('missed');
    if (value !== right && !(beforeKafka && value === source)) flaws.push('false_clean');
  }
  if (verdict === 'DIVERGED' && fault !== null) {
    if (leg !== 'unknown' && !guilty(fault, target).includes(leg)) flaws.push('wrong_leg');
    const tellable = !lateStart && told.rowTransaction && told.reverse === 'prompt' && fault !== 'rogueDelete';
    if (leg === 'unknown' && tellable && givenByEvent(decision)) flaws.push('leg_not_named');
  }
  return flaws;
}

/** Of a foreign write from before Banyan began and a later skip, each alone explains the row. */
function guilty(fault: Fault, { by, early }: TargetRow): readonly Leg[] {
  if (fault !== 'rogueThenSkip' || by !== 'foreign') return [LEG_OF[fault]];
  return early ? ['rogue_write', 'apply'] : ['rogue_write'];
}

/** An event is held that the applier should have applied. */
const givenByEvent = ({ divergence, lastVisible }: Judged['decision']) =>
  divergence !== null && (divergence.expectedFrom.kind === 'event' || lastVisible !== null);

function wayTo(name: string, cameBy: ReadonlyMap<string, readonly [string, string] | null>): readonly string[] {
  const steps: string[] = [];
  for (let at = cameBy.get(name); at !== null && at !== undefined; at = cameBy.get(at[0])) steps.unshift(at[1]);
  return steps;
}
