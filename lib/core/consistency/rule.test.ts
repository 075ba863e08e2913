import { describe, expect, it } from 'vitest';
import type { AppliedPosition, FlowEvidence, PartitionEvidence } from './flowEvidence.ts';
import type { HeldEvent } from './heldEvent.ts';
import type { KeyEvidence } from './keyEvidence.ts';
import { judgeKey } from './rule.ts';
import { A, B, event, evidence, flow, R, row } from './ruleTestEvidence.ts';

type Own = Partial<PartitionEvidence>;

const W = (next: bigint): AppliedPosition => ({ kind: 'exact', next });
const range = (from: bigint, to: bigint): AppliedPosition => ({ kind: 'range', from, to });

/** The decision in short: verdict, kind, leg, columns and whether to look again. */
function judge(source: KeyEvidence['source'], target: KeyEvidence['target'], more: Partial<KeyEvidence> = {}) {
  const { verdict, retry, kind, columns, captureDiverged } = judgeKey(evidence({ source, target, ...more }));
  const found = verdict === 'DIVERGED' ? ` ${kind} [${columns}]` : '';
  return `${verdict}${found}${captureDiverged ? ' after a loss' : ''}${retry ? ' retry' : ''}`;
}

const one = (events: HeldEvent[], own: Own = {}, more: Partial<FlowEvidence> = {}) => ({
  forward: flow({ events, ...more }, own),
});

/** Transactions below 100 are seen; W is 10 and Banyan holds all from 0 on unless a case says otherwise. */
describe('one direction', () => {
  it.each<[string, string, string]>([
    ['the newest change is visible, applied and there', judge(A, A, one([event(9n, 99n, A)])), 'CLEAN'],
    ['no event is known and both sides agree', judge(A, A), 'CLEAN'],
    ['neither side has the row after an applied delete', judge(null, null, one([event(9n, 99n, null)])), 'CLEAN'],
    ['the applied change is not there', judge(A, B, one([event(9n, 99n, A)])), 'DIVERGED different [name]'],
    ['the row is missing', judge(A, null), 'DIVERGED missing []'],
    ['the row should not be there', judge(null, A), 'DIVERGED extra []'],
    ['NULL is no text', judge(row(null, '1'), row('', '1')), 'DIVERGED different [name]'],
    ['an event was lost', judge(A, B, one([event(9n, 99n, B)])), 'DIVERGED different [name] after a loss'],
    [
      'an event was lost, and a later one has mended the target',
      judge(A, R, one([event(8n, 99n, B), event(9n, 100n, R)])),
      'CLEAN after a loss',
    ],
    ['W equals the offset: not applied yet', judge(A, B, one([event(10n, 99n, A)])), 'PENDING retry'],
    ['W has stood still for the time', judge(A, B, one([event(10n, 99n, A)], { stillMs: 10_000 })), 'STALLED'],
    [
      'W has stood still before a change that the reader does not see, and the target is right at W',
      judge(A, A, one([event(10n, 100n, B)], { stillMs: 10_000 })),
      'STALLED',
    ],
    ['W stands still, but nothing of this key waits', judge(A, A, one([event(9n, 99n, A)], { stillMs: 1e9 })), 'CLEAN'],
    ['the fence has not passed', judge(A, A, one([], { fencePassed: false })), 'PENDING'],
    ['no baseline is fixed', judge(A, A, one([], { baseline: null })), 'PENDING'],
    [
      'W is below the baseline',
      judge(A, A, one([], { baseline: { offset: 11n, transactionId: 1n } })),
      'PENDING retry',
    ],
    ['W is at the baseline', judge(A, A, one([], { baseline: { offset: 10n, transactionId: 1n } })), 'CLEAN'],
    [
      'the reader may not see all that came before the baseline',
      judge(A, A, one([], { baseline: { offset: 0n, transactionId: 101n } })),
      'PENDING retry',
    ],
    ['the reader sees all of it', judge(A, A, one([], { baseline: { offset: 0n, transactionId: 100n } })), 'CLEAN'],
    ['Banyan has not read as far as the applier', judge(A, A, one([], { readTo: 9n })), 'PENDING retry'],
    ['nothing of the topic has been read', judge(A, A, one([], {}, { partitions: [] })), 'PENDING'],
    ['the partition is broken', judge(A, A, one([], { topic: { kind: 'broken', reason: 'a gap' } })), 'UNKNOWN'],
    ['a TRUNCATE was met', judge(A, A, one([], { topic: { kind: 'new_epoch', reason: 'TRUNCATE' } })), 'PENDING'],
    ['nobody applies', judge(A, A, one([], { applied: { kind: 'none' } })), 'UNKNOWN'],
    ['no transaction is named', judge(A, A, one([event(9n, null, A)])), 'PENDING retry'],
    [
      'a snapshot read was held before the row was read',
      judge(A, A, one([event(9n, null, A, { op: 'r', heldBeforeRead: true })])),
      'CLEAN',
    ],
    ['the visible change does not carry the row', judge(A, A, one([event(9n, 99n, 'unavailable')])), 'CLEAN'],
    [
      'a seen change after an unseen one breaks the order',
      judge(A, A, one([event(1n, 100n, A), event(2n, 99n, B)])),
      'UNKNOWN',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('changes since the read', () => {
  const back = [event(1n, 99n, A), event(2n, 100n, B), event(3n, 101n, A)];
  it.each<[string, string, string]>([
    ['back and forth, applied once', judge(A, B, one(back, { applied: W(3n) })), 'CLEAN'],
    ['back and forth, applied twice', judge(A, A, one(back, { applied: W(4n) })), 'CLEAN'],
    [
      'back and forth, one not applied as it stands',
      judge(A, A, one(back, { applied: W(3n) })),
      'DIVERGED different [name]',
    ],
    ['they wait: the row as read is expected', judge(A, A, one(back, { applied: W(2n) })), 'CLEAN'],
    [
      'they wait, and the row as read is missing',
      judge(A, B, one(back, { applied: W(2n) })),
      'DIVERGED different [name]',
    ],
    ['a delete is applied', judge(A, null, one([event(9n, 100n, null)])), 'CLEAN'],
    ['a delete is not applied as it stands', judge(A, A, one([event(9n, 100n, null)])), 'DIVERGED extra []'],
    [
      'applied, but the event does not carry the row',
      judge(A, B, one([event(9n, 100n, 'unavailable')])),
      'PENDING retry',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('re-delivered events', () => {
  const twice = [event(1n, 99n, A), event(2n, 100n, B), event(3n, 99n, A, { repeat: true })];
  const blind = { appliedDropsRepeats: false };
  it.each<[string, string, string]>([
    ['an applier that drops them stays', judge(A, B, one(twice, { applied: W(4n) })), 'CLEAN'],
    [
      'an applier that drops them must not go back',
      judge(A, A, one(twice, { applied: W(4n) })),
      'DIVERGED different [name]',
    ],
    ['a blind applier goes back', judge(A, A, one(twice, { applied: W(4n) }, blind)), 'CLEAN'],
    ['a blind applier must go back', judge(A, B, one(twice, { applied: W(4n) }, blind)), 'DIVERGED different [name]'],
    ['a blind applier has only the visible change', judge(A, A, one(twice, { applied: W(2n) }, blind)), 'CLEAN'],
    [
      'a blind applier, and an event was lost: the row as read is expected',
      judge(R, A, one(twice, { applied: W(2n) }, blind)),
      'DIVERGED different [name] after a loss',
    ],
    [
      'a blind applier, and an event was altered when it was delivered again',
      judge(A, R, one([event(1n, 99n, A), event(2n, 99n, R, { repeat: true })], { applied: W(3n) }, blind)),
      'DIVERGED different [name] after a loss',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('the applied position known as a range only', () => {
  const events = [event(1n, 99n, A), event(5n, 100n, B), event(7n, 101n, R)];
  const at = (from: bigint, to: bigint, own: Own = {}) => one(events, { applied: range(from, to), ...own });
  it.each<[string, string, string]>([
    ['nothing of the key within', judge(A, A, at(2n, 5n)), 'CLEAN'],
    ['one position of two', judge(A, A, at(2n, 6n)), 'PENDING retry'],
    ['the other position of two', judge(A, B, at(2n, 6n)), 'PENDING retry'],
    ['none of three', judge(A, row('x', '1'), at(2n, 8n)), 'DIVERGED different [name]'],
    ['past both', judge(A, R, at(8n, 9n)), 'CLEAN'],
    ['past both, and not there', judge(A, B, at(8n, 9n)), 'DIVERGED different [name]'],
    ['C is not past the visible change', judge(A, A, at(1n, 9n)), 'PENDING retry'],
    ['Banyan has not read up to H', judge(A, A, at(2n, 5n, { readTo: 4n })), 'PENDING retry'],
    [
      'C is below the baseline',
      judge(A, A, at(2n, 5n, { baseline: { offset: 3n, transactionId: 1n } })),
      'PENDING retry',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('the partition of a key without events is not known', () => {
  const [own] = flow().partitions;
  const all = (more: Own) => ({
    forward: { ...flow(), partitions: own === undefined ? [] : [own, { ...own, part: 1, ...more }] },
  });
  it.each<[string, string, string]>([
    ['every partition will do', judge(A, A, all({})), 'CLEAN'],
    ['one is not fenced', judge(A, A, all({ fencePassed: false })), 'PENDING'],
    [
      'one is not past its baseline',
      judge(A, A, all({ applied: W(0n), baseline: { offset: 1n, transactionId: 1n } })),
      'PENDING retry',
    ],
    ['one is not read to its position', judge(A, A, all({ readTo: 1n })), 'PENDING retry'],
    ['one is broken', judge(A, A, all({ topic: { kind: 'broken', reason: 'a gap' } })), 'UNKNOWN'],
    [
      'events in more than one have no order',
      judge(A, A, { forward: { ...all({}).forward, events: [event(1n, 99n, A)] } }),
      'UNKNOWN',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('both directions', () => {
  const there = flow({ events: [event(5n, 99n, A)] });
  const both = (forward: FlowEvidence, events: HeldEvent[], own: Own = {}) => ({
    forward,
    reverse: flow({ events }, own),
  });
  it.each<[string, string, string]>([
    ['both quiet and equal', judge(A, A, both(there, [event(3n, 99n, A)])), 'CLEAN'],
    ['the way back brought the source its value', judge(B, B, both(there, [event(3n, 99n, B)])), 'CLEAN'],
    ['the way back has not been applied', judge(A, B, both(there, [event(10n, 99n, B)])), 'PENDING retry'],
    ['the way back stands still', judge(A, B, both(there, [event(10n, 99n, B)], { stillMs: 20_000 })), 'STALLED'],
    ['the way back is not fenced', judge(A, A, both(there, [], { fencePassed: false })), 'PENDING'],
    ['the way back is broken', judge(A, A, both(there, [], { topic: { kind: 'broken', reason: 'x' } })), 'UNKNOWN'],
    ['the target changed after its read', judge(A, A, both(there, [event(9n, 100n, B)])), 'PENDING retry'],
    [
      'the source changed after its read, applied',
      judge(A, B, both(flow({ events: [event(9n, 100n, B)] }), [])),
      'CLEAN',
    ],
    [
      'both changed it, neither is through',
      judge(A, B, both(flow({ events: [event(10n, 100n, A)] }), [event(10n, 99n, B)])),
      'CONFLICT retry',
    ],
    [
      'an echo of the applier is no change of the other side',
      judge(A, B, both(flow({ events: [event(9n, 100n, B)] }), [event(10n, 99n, B, { echo: true })])),
      'CLEAN',
    ],
    [
      'an echo on its way home may be written there',
      judge(A, R, both(flow({ events: [event(9n, 100n, B)] }), [event(10n, 99n, B, { echo: true })])),
      'PENDING retry',
    ],
    [
      'an echo that has come home leaves a difference one',
      judge(A, R, both(flow({ events: [event(9n, 100n, B)] }), [event(9n, 99n, B, { echo: true })])),
      'DIVERGED different [name]',
    ],
    [
      'a way back that is only watched delays nothing',
      judge(A, A, both(there, [event(99n, 100n, B)], { applied: { kind: 'none' }, fencePassed: false })),
      'CLEAN',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('ownership that changes hands', () => {
  const mine = { epoch: '3', owner: 'source' } as const;
  const earlier = (after: HeldEvent['after']) => event(8n, 99n, after, { epoch: 'earlier' });
  it.each<[string, string, string]>([
    ['the same at both reads', judge(A, A, { ownership: { atSource: mine, atTarget: mine } }), 'CLEAN'],
    [
      'another epoch',
      judge(A, A, { ownership: { atSource: mine, atTarget: { ...mine, epoch: '4' } } }),
      'CONFLICT retry',
    ],
    [
      'another owner',
      judge(A, A, { ownership: { atSource: mine, atTarget: { ...mine, owner: 'target' } } }),
      'CONFLICT retry',
    ],
    ['an event of an earlier epoch is no visible change', judge(A, A, one([earlier(B)])), 'CLEAN'],
    ['an event of an unknown epoch', judge(A, A, one([event(8n, 99n, A, { epoch: 'unknown' })])), 'PENDING retry'],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('what a divergence carries', () => {
  it('the expected row, where it is from, and the newest visible event', () => {
    const visible = event(8n, 99n, A);
    const read = judgeKey(evidence({ source: A, target: B, forward: flow({ events: [visible] }) }));
    expect(read.divergence).toMatchObject({ expected: A, expectedFrom: { kind: 'source' } });
    expect(read.lastVisible).toBe(visible);
    const later = judgeKey(
      evidence({ source: A, target: A, forward: flow({ events: [visible, event(9n, 100n, B)] }) }),
    );
    expect(later.divergence).toMatchObject({ expected: B, expectedFrom: { kind: 'event', offset: 9n } });
    expect(later.lastVisible).toBe(visible);
  });
  it('nothing where the key is clean', () => expect(judgeKey(evidence()).divergence).toBe(null));
});
