import { describe, expect, it } from 'vitest';
import { explore, type Flaw } from './explorer/explore.ts';
import { type Fault, RIGHT, type Setting } from './explorer/explorerModel.ts';
import { exploreTwoWay, type TwoWaySetting } from './explorer/twoWay.ts';

type Told = Partial<Setting['told']>;
type Change = Partial<Omit<Setting, 'told'>> & { readonly told?: Told };

const setting = ({ told, ...more }: Change): Setting => ({ ...RIGHT, ...more, told: { ...RIGHT.told, ...told } });
const BLIND = { applierDropsRepeats: false, told: { dropsRepeats: false } } as const;
const RANGE = { position: 'range' } as const;

/** A second or two each; a busy machine takes longer. */
const LONGEST_MS = 60_000;

/** No flaw in any order of steps, no contradiction found where there is none, and verdicts enough that it means something. */
function expectNoFlaw(change: Change) {
  const found = explore(setting(change));
  expect(Object.fromEntries(found.flaws)).toEqual({});
  expect(found.verdicts.UNKNOWN + found.verdicts.STALLED).toBe(0);
  expect(found.verdicts.CLEAN).toBeGreaterThan(0);
  return found;
}

describe('every order of steps of a healthy system: nothing is called DIVERGED', { timeout: LONGEST_MS }, () => {
  it.each<[string, Change]>([
    ['one change', { history: 'one' }],
    ['two changes', {}],
    ['back and forth', { history: 'backAndForth' }],
    ['delete, insert, delete', { history: 'deleteInsert' }],
    ['another key of the same partition', { history: 'twoBesideOwn' }],
    ['a key of another partition', { history: 'twoBesideOther' }],
    ['several changes in one transaction', { history: 'oneTransaction' }],
    ['the capture restarts and delivers again', { restarts: 1 }],
    ['the capture restarts on the way back and forth', { history: 'backAndForth', restarts: 1 }],
    ['the capture restarts under an applier that applies again', { ...BLIND, restarts: 1 }],
    ['Banyan starts late', { lateStart: true }],
    ['Banyan starts late, back and forth', { history: 'backAndForth', lateStart: true }],
    ['Banyan starts late, the capture restarts', { lateStart: true, restarts: 1 }],
    [
      'Banyan starts again with an older look',
      { lateStart: true, restarts: 1, told: { appliedAtStart: 'by_older_look' } },
    ],
    ['Banyan starts late, the capture restarts, the applier applies again', { ...BLIND, lateStart: true, restarts: 1 }],
    ['the applier crashes before its position is committed', RANGE],
    ['the applier crashes, back and forth', { ...RANGE, history: 'backAndForth' }],
    ['the applier crashes and applies again', { ...BLIND, ...RANGE }],
    ['the applier crashes, the capture restarts', { ...RANGE, history: 'one', restarts: 1 }],
    ['the applier crashes, Banyan starts late', { ...RANGE, lateStart: true }],
    ['ownership changes hands', { history: 'handOver' }],
    ['ownership changes hands, Banyan starts late', { history: 'handOver', lateStart: true }],
  ])('%s', (_, change) => {
    const { verdicts } = expectNoFlaw(change);
    expect(verdicts.DIVERGED).toBe(0);
    if (change.lateStart === true || change.position === 'range') expect(verdicts.PENDING).toBeGreaterThan(0);
    if (change.history === 'handOver') expect(verdicts.CONFLICT).toBeGreaterThan(0);
  });
});

const FAULTS: readonly Fault[] = [
  'lost',
  'altered',
  'skip',
  'wrong',
  'jump',
  'rogue',
  'rogueOlder',
  'rogueDelete',
  'rogueThenSkip',
];

describe.each<[string, Change]>([
  ['the position known exactly', {}],
  ['delete, insert, delete', { history: 'deleteInsert' }],
  ['back and forth', { history: 'backAndForth' }],
  ['another key of the same partition', { history: 'twoBesideOwn' }],
  ['a key of another partition', { history: 'twoBesideOther' }],
  ['the capture restarts', { restarts: 1 }],
  ['Banyan starts late', { lateStart: true }],
  ['Banyan starts late, the capture restarts', { lateStart: true, restarts: 1 }],
  ['Banyan starts late with a look', { lateStart: true, restarts: 1, told: { appliedAtStart: 'by_look' } }],
  [
    'Banyan starts again with an older look',
    { lateStart: true, restarts: 1, told: { appliedAtStart: 'by_older_look' } },
  ],
  [
    'an older look, delete, insert, delete',
    { lateStart: true, history: 'deleteInsert', told: { appliedAtStart: 'by_older_look' } },
  ],
  [
    'an older look and a range',
    { ...RANGE, lateStart: true, history: 'one', told: { appliedAtStart: 'by_older_look' } },
  ],
  ['a look and a range', { ...RANGE, lateStart: true, history: 'one', told: { appliedAtStart: 'by_look' } }],
  ['the position known as a range', RANGE],
  ['the capture restarts under an applier that applies again', { ...BLIND, restarts: 1, history: 'one' }],
  ['an applier that applies again', { ...BLIND, ...RANGE, history: 'one' }],
  ['the writer of the row not known', { told: { rowTransaction: false } }],
  ['the writer of the row not known, Banyan starts late', { lateStart: true, told: { rowTransaction: false } }],
])(
  'every order of steps with one fault, %s: it is found, and no leg blamed that is not guilty',
  { timeout: LONGEST_MS },
  (_, change) => {
    it.each(FAULTS)('%s', (fault) => {
      const { verdicts, quiet, namedLegs } = expectNoFlaw({ ...change, fault });
      expect(verdicts.DIVERGED).toBeGreaterThan(0);
      expect(quiet).toBeGreaterThan(0);
      // A single change that was lost leaves no event behind to be held against the row; and where a look alone tells how
      // far the applier was, what it has written since is not known to be held whole.
      const isTold =
        fault === 'rogueDelete'
          ? (change.told?.appliedAtStart ?? 'read') === 'read'
          : fault !== 'lost' || change.history !== 'one';
      expect(namedLegs > 0).toBe(isTold);
    });
  },
);

it("waits for the target's own changes before it blames the applier", () => {
  const { verdicts, namedLegs } = expectNoFlaw({ fault: 'rogue', told: { reverse: 'late' } });
  expect(namedLegs).toBeGreaterThan(0);
  expect(verdicts.DIVERGED).toBeGreaterThan(namedLegs);
});

/** Each wrong way of collecting evidence, or of judging, the flaw it must show, and a step without which it can't. */
describe('a wrong rule is caught', { timeout: LONGEST_MS }, () => {
  it.each<[string, Change, Flaw, RegExp]>([
    ['two timed reads', { rule: 'timed_two_reads' }, 'false_divergence', /reads T; reads S again$/],
    ['the fence alone', { rule: 'fence_only' }, 'false_divergence', /own event past L|reads the watermark/],
    ['split by log position', { split: 'log_position' }, 'false_capture_divergence', /capture sends.*reads S; takes L/],
    ['W taken as the last one applied', { inclusive: true }, 'false_divergence', /append; own event past L$/],
    [
      "another partition's event as the fence",
      { fences: ['other_partition'], history: 'twoBesideOther' },
      'false_divergence',
      /other partition past L/,
    ],
    [
      "the capture's read position as the fence",
      { fences: ['read_position'] },
      'false_divergence',
      /read position past L/,
    ],
    [
      'the watermark read before the fence',
      { fences: ['watermark_first'] },
      'false_divergence',
      /watermark first; append; capture commits; committed past L$/,
    ],
    ['L taken before the row is read', { logPositionFirst: true }, 'false_divergence', /takes L; commit.*reads S/],
    ['no baseline', { lateStart: true, baselineKept: false }, 'false_divergence', /append;.*Banyan starts/],
    ['W, then T', { reads: 'W_then_T' }, 'false_divergence', /reads W; applier applies$/],
    ['T, then W', { reads: 'T_then_W' }, 'false_divergence', /reads T; applier applies$/],
    [
      'C read after T',
      { ...RANGE, reads: 'C_after_T' },
      'false_divergence',
      /reads T; applier applies; applier commits; reads C$/,
    ],
    [
      'H read before T',
      { ...RANGE, reads: 'H_before_T' },
      'false_divergence',
      /reads C and H; append; applier applies$/,
    ],
    [
      'one position of the range suffices',
      { ...RANGE, rangeNeeds: 'some', fault: 'skip' },
      'false_clean',
      /FAULT skip/,
    ],
    [
      'the visible events of every epoch',
      { history: 'handOver', epochsKept: false },
      'false_capture_divergence',
      /hand over; target writes k;.*hand over/,
    ],
    [
      'ownership handed back before the way back is empty',
      { history: 'handBackEarly', drained: 'not' },
      'false_divergence',
      /target writes k; hand over/,
    ],
    [
      'ownership handed back by offsets, a change not yet visible',
      { history: 'handOver', drained: 'by_offset' },
      'false_divergence',
      /target writes k; commit 0\.3; hand over/,
    ],
    [
      'a verdict across a hand-over',
      { history: 'handOver', epochAtTargetRead: false },
      'false_divergence',
      /reads S;.*hand over; target writes k/,
    ],
    [
      'repeats dropped, by an applier that does not',
      { restarts: 1, applierDropsRepeats: false },
      'false_divergence',
      /capture restarts/,
    ],
    [
      'repeats counted, by an applier that drops them',
      { restarts: 1, told: { dropsRepeats: false } },
      'false_divergence',
      /capture restarts/,
    ],
    [
      "blame before the target's own changes are in",
      { fault: 'rogue', told: { reverse: 'late_unnoticed' } },
      'wrong_leg',
      /FAULT foreign write/,
    ],
    [
      'blame for a foreign write that was written over',
      { fault: 'rogueThenSkip', told: { foreignForEver: true } },
      'wrong_leg',
      /FAULT foreign write.*applier applies.*FAULT skip|FAULT skip/,
    ],
    ['blame without a look at the positions', { fault: 'jump', told: { jumps: false } }, 'wrong_leg', /FAULT jump/],
  ])('%s', (_, change, flaw, step) => {
    const { flaws } = explore(setting(change), flaw);
    expect(flaws.get(flaw)?.join('; ')).toMatch(step);
  });
});

describe('every order of steps where both sides write the key, without ownership', { timeout: LONGEST_MS }, () => {
  const writes = ['s', 't', 't', 's'] as const;
  it.each<[string, TwoWaySetting['writes']]>([
    ['the source alone', ['s', 's', 's']],
    ['the target alone', ['t', 't', 't']],
    ['each after the other', writes],
    ['the target first', ['t', 's', 't']],
  ])('in turn, %s: nothing is called DIVERGED', (_, order) => {
    const { verdicts, flaws } = exploreTwoWay({ writes: order, inTurn: true, skippedAt: null });
    expect([...flaws]).toEqual([]);
    expect(verdicts.DIVERGED + verdicts.UNKNOWN).toBe(0);
    expect(verdicts.CLEAN).toBeGreaterThan(0);
    expect(verdicts.PENDING).toBeGreaterThan(0);
  });
  it.each(['s', 't'] as const)('one change is passed over at %s: it is found', (skippedAt) => {
    const { verdicts, atRest, flaws } = exploreTwoWay({ writes, inTurn: true, skippedAt });
    expect([...flaws]).toEqual([]);
    expect(atRest).toBeGreaterThan(0);
    expect(verdicts.DIVERGED).toBeGreaterThan(0);
  });
  it('at once: a conflict while neither is through, and no difference at rest is missed', () => {
    const { verdicts, atRest, flaws } = exploreTwoWay({ writes: ['s', 't'], inTurn: false, skippedAt: null });
    expect([...flaws]).toEqual([]);
    expect(verdicts.CONFLICT).toBeGreaterThan(0);
    expect(atRest).toBeGreaterThan(0);
  });
});
