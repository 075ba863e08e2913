// A small system whose every order of steps can be tried: a source whose commits are captured before they are visible, a
// capture with one producer queue a partition, an applier, and a verifier that collects evidence step by step. Log
// positions are counts: the n-th commit ends at n, and a position taken now is the number of commits so far.

/** A column's value: 0 at the start, '-' no row, 'X' altered on the way, 'R' written by a foreign hand. */
export type Value = number | '-' | 'X' | 'R';

/** k is judged; m is another key of its partition, o a key of another partition. */
export type Key = 'k' | 'm' | 'o';

/** One step of a program of writes; the next write of a program waits until the one before is visible. */
export type WriteStep =
  | { readonly kind: 'write'; readonly changes: readonly (readonly [Key, Value])[] }
  /** Ownership of k passes to the other side. */
  | { readonly kind: 'hand_over' }
  /** The target, as owner, writes k itself; the same value then comes to the source under an origin, not captured there. */
  | { readonly kind: 'target_write'; readonly value: Value }
  | { readonly kind: 'taken_over'; readonly value: Value };

const write = (...changes: (readonly [Key, Value])[]): WriteStep => ({ kind: 'write', changes });
const k = (value: Value) => write(['k', value]);
const HAND_OVER: WriteStep = { kind: 'hand_over' };

/** Programs of writes that run side by side. */
export const HISTORIES = {
  one: [[k(1)]],
  two: [[k(1), k(2)]],
  backAndForth: [[k(1), k(2), k(1)]],
  deleteInsert: [[k('-'), k(1), k('-')]],
  twoBesideOwn: [[k(1), k(2)], [write(['m', 9])]],
  twoBesideOther: [[k(1), k(2)], [write(['o', 9])]],
  oneTransaction: [[write(['k', 1], ['m', 9], ['k', 2]), k(1)]],
  handOver: [[k(1), HAND_OVER, { kind: 'target_write', value: 2 }, { kind: 'taken_over', value: 2 }, HAND_OVER, k(3)]],
  handBackEarly: [[k(1), HAND_OVER, { kind: 'target_write', value: 2 }, HAND_OVER, { kind: 'taken_over', value: 2 }]],
} satisfies Record<string, readonly (readonly WriteStep[])[]>;

/** What goes wrong, once, at any moment. */
export type Fault =
  | 'lost'
  | 'altered'
  | 'skip'
  | 'wrong'
  | 'jump'
  | 'rogue'
  | 'rogueOlder'
  | 'rogueDelete'
  | 'rogueThenSkip';

/** One exploration: the system, and how the verifier collects its evidence. The defaults are the right ones. */
export interface Setting {
  readonly history: keyof typeof HISTORIES;
  readonly fault: Fault | null;
  /** Banyan starts at any moment, with the end of the partition then as its baseline. */
  readonly lateStart: boolean;
  /** Times the capture may restart from its committed offset and deliver again. */
  readonly restarts: number;
  /** The applier keeps its position with the rows, or commits it to the group afterwards and may crash in between. */
  readonly position: 'exact' | 'range';
  readonly applierDropsRepeats: boolean;
  readonly told: {
    /** What Banyan believes of the applier. */
    readonly dropsRepeats: boolean;
    readonly rowTransaction: boolean;
    readonly jumps: boolean;
    /**
     * Where the applier was when the target's own changes began to be held: as read then, or by a look that was kept; or by
     * one that an earlier run of Banyan kept, at any moment before: the log is then read from any place on.
     */
    readonly appliedAtStart: 'read' | 'by_look' | 'by_older_look';
    /** Whether the target's own changes come late, and whether the verifier notices. */
    readonly reverse: 'prompt' | 'late' | 'late_unnoticed';
    /** A foreign write is blamed for ever, though the applier has written over it. */
    readonly foreignForEver: boolean;
  };
  readonly fences: readonly ('own_event' | 'committed' | 'read_position' | 'other_partition' | 'watermark_first')[];
  readonly logPositionFirst: boolean;
  readonly split: 'snapshot' | 'log_position';
  readonly inclusive: boolean;
  readonly baselineKept: boolean;
  readonly reads: 'at_once' | 'W_then_T' | 'T_then_W' | 'C_after_T' | 'H_before_T';
  readonly rangeNeeds: 'every' | 'some';
  readonly epochsKept: boolean;
  readonly drained: 'both_ways' | 'by_offset' | 'not';
  readonly epochAtTargetRead: boolean;
  /** Another rule altogether, to be shown wrong. */
  readonly rule: 'exact' | 'fence_only' | 'timed_two_reads';
}

export const RIGHT: Setting = {
  history: 'two',
  fault: null,
  lateStart: false,
  restarts: 0,
  position: 'exact',
  applierDropsRepeats: true,
  told: {
    dropsRepeats: true,
    rowTransaction: true,
    jumps: true,
    appliedAtStart: 'read',
    reverse: 'prompt',
    foreignForEver: false,
  },
  fences: ['own_event', 'committed'],
  logPositionFirst: false,
  split: 'snapshot',
  inclusive: false,
  baselineKept: true,
  reads: 'at_once',
  rangeNeeds: 'every',
  epochsKept: true,
  drained: 'both_ways',
  epochAtTargetRead: true,
  rule: 'exact',
};

/** An event on its way: the index in the change stream, and whether it was altered before Kafka. */
export interface Sent {
  readonly event: number;
  readonly altered: boolean;
}

/** The target's row as a read finds it. `early`: written before Banyan began. */
export interface TargetRow {
  readonly value: Value;
  /** What a right applier would hold. */
  readonly right: Value;
  readonly by: 'applier' | 'foreign';
  readonly early: boolean;
  /** The foreign write of the key, if there was one, and whether Banyan holds its event by now. */
  readonly foreign: 'none' | 'early' | 'on_its_way' | 'held';
}

/** Where the verifier is; `null` and -1 where not read yet. */
export interface Verifier {
  readonly phase:
    | 'down'
    | 'down_again'
    | 'up'
    | 'row_read'
    | 'position_taken'
    | 'acknowledged'
    | 'fenced'
    | 'half_read'
    | 'target_read';
  readonly baseline: number;
  readonly commitsAtBaseline: number;
  readonly appliedAtBaseline: number;
  /** The look of the earlier run: commits until then, the end of the log, and the applier's place. */
  readonly look: { readonly commits: number; readonly end: number; readonly applied: number };
  readonly source: Value | null;
  readonly seen: number;
  readonly commitsAtRead: number;
  readonly position: number;
  readonly readTo: number;
  readonly low: number;
  readonly high: number;
  readonly target: TargetRow | null;
  /** The source had come to rest and the fault was done when its row was read. */
  readonly quiet: boolean;
  readonly epoch: number;
  readonly epochFrom: number;
}

/** The whole system at one moment. */
export interface State {
  /** Steps done of each program. */
  readonly done: readonly number[];
  /** Transactions in commit order, as indices into the programs' list, and a bit mask of those that are visible. */
  readonly commits: readonly number[];
  readonly visible: number;
  readonly epoch: number;
  readonly epochFrom: number;
  readonly captured: number;
  readonly queue: readonly Sent[];
  readonly otherQueue: readonly number[];
  readonly committed: number;
  readonly restarts: number;
  /** Commit position of the newest event of the other partition. */
  readonly otherPast: number;
  readonly log: readonly Sent[];
  readonly applied: number;
  readonly group: number;
  readonly target: TargetRow;
  /** The newest event applied, for an applier that drops repeats. */
  readonly newestApplied: number;
  readonly faultDone: boolean;
  readonly jumpAt: number;
  readonly verifier: Verifier;
}

/** The state before anything has happened. */
export function firstState(setting: Setting): State {
  return {
    done: HISTORIES[setting.history].map(() => 0),
    commits: [],
    visible: 0,
    epoch: 0,
    epochFrom: 0,
    captured: 0,
    queue: [],
    otherQueue: [],
    committed: 0,
    restarts: setting.restarts,
    otherPast: -1,
    log: [],
    applied: 0,
    group: 0,
    target: { value: 0, right: 0, by: 'applier', early: true, foreign: 'none' },
    newestApplied: -1,
    faultDone: false,
    jumpAt: -1,
    verifier: {
      phase: setting.lateStart ? 'down' : 'up',
      baseline: 0,
      commitsAtBaseline: 0,
      appliedAtBaseline: 0,
      look: { commits: -1, end: -1, applied: -1 },
      source: null,
      seen: 0,
      commitsAtRead: 0,
      position: -1,
      readTo: -1,
      low: -1,
      high: -1,
      target: null,
      quiet: false,
      epoch: 0,
      epochFrom: 0,
    },
  };
}
