import { describe, expect, it } from 'vitest';
import type { PartitionEvidence } from './flowEvidence.ts';
import { judgeKey } from './rule.ts';
import { A, B, event, evidence, flow, leg, one, R, row, watched } from './ruleTestEvidence.ts';

const VERSIONS = [event(1n, 97n, B), event(2n, 98n, R), event(3n, 99n, A)];
const LATE = { offset: 0n, transactionId: 50n };

describe('the guilty leg, in this order', () => {
  it.each<[string, string, string]>([
    ['the newest visible event is not the source row', leg({ forward: one([event(9n, 99n, B)]) }), 'capture'],
    [
      'capture comes first',
      leg({
        forward: one([event(9n, 99n, R)], { jumps: [{ from: 0n, to: 99n }] }),
        reverse: watched([event(1n, 60n, B)]),
        targetRowTxId: 60n,
      }),
      'capture',
    ],
    [
      'a foreign transaction wrote the row last',
      leg({ forward: one(VERSIONS), reverse: watched([event(1n, 60n, B)]), targetRowTxId: 60n }),
      'rogue_write',
    ],
    [
      'a foreign write that the applier has written over since is not to blame',
      leg({ forward: one(VERSIONS), reverse: watched([event(1n, 60n, A)]), targetRowTxId: 61n }),
      'apply from 2',
    ],
    [
      'a foreign write in a savepoint: the row carries a later id than its transaction',
      leg({
        target: row('x', '1'),
        forward: one(VERSIONS),
        reverse: watched([event(1n, 60n, row('x', '1'))]),
        targetRowTxId: 61n,
      }),
      'rogue_write',
    ],
    [
      'a foreign write in a savepoint, or the applier after it: both have written this value',
      leg({ forward: one(VERSIONS), reverse: watched([event(1n, 60n, B)]), targetRowTxId: 61n }),
      'unknown',
    ],
    [
      'a foreign transaction that began after the one that wrote the row',
      leg({ forward: one(VERSIONS), reverse: watched([event(1n, 62n, B)]), targetRowTxId: 61n }),
      'apply from 2',
    ],
    [
      'an older foreign write that is delivered again hides none of a savepoint',
      leg({
        target: row('x', '1'),
        forward: one(VERSIONS),
        reverse: watched([event(1n, 58n, R), event(2n, 60n, row('x', '1')), event(3n, 58n, R, { repeat: true })]),
        targetRowTxId: 61n,
      }),
      'rogue_write',
    ],
    [
      'a foreign write that does not carry the row, in a savepoint or not',
      leg({ forward: one(VERSIONS), reverse: watched([event(1n, 60n, 'unavailable')]), targetRowTxId: 61n }),
      'unknown',
    ],
    [
      'a foreign write comes before a jump',
      leg({
        forward: one(VERSIONS, { jumps: [{ from: 3n, to: 4n }] }),
        reverse: watched([event(1n, 60n, B)]),
        targetRowTxId: 60n,
      }),
      'rogue_write',
    ],
    [
      'a foreign write after the read of the target',
      leg({ forward: one(VERSIONS), reverse: watched([event(1n, 100n, B)]), targetRowTxId: 61n }),
      'apply from 2',
    ],
    [
      "an echo is the applier's own write",
      leg({ forward: one(VERSIONS), reverse: watched([event(1n, 60n, B, { echo: true })]), targetRowTxId: 60n }),
      'apply from 2',
    ],
    [
      "a snapshot read is nobody's write",
      leg({ forward: one(VERSIONS), reverse: watched([event(1n, 60n, B, { op: 'r' })]), targetRowTxId: 60n }),
      'apply from 2',
    ],
    [
      'the position was set over the change',
      leg({ forward: one(VERSIONS, { jumps: [{ from: 2n, to: 4n }] }) }),
      'transport from 2',
    ],
    [
      'the position was set over other changes',
      leg({ forward: one(VERSIONS, { jumps: [{ from: 4n, to: 9n }] }) }),
      'unknown',
    ],
    ['an older version is there: skipped', leg({ forward: one(VERSIONS), reverse: watched() }), 'apply from 2'],
    ['another value is there', leg({ target: row('x', '1'), forward: one(VERSIONS), reverse: watched() }), 'apply'],
    [
      'another value than the only change',
      leg({ forward: one([event(9n, 99n, A)]), reverse: watched() }),
      'apply from 9',
    ],
    [
      'a later change was skipped',
      leg({ source: B, forward: one([event(8n, 99n, B), event(9n, 100n, A)]), reverse: watched() }),
      'apply from 9',
    ],
    ['no event is held', leg({ reverse: watched() }), 'unknown'],
    ['the target is not captured', leg({ forward: one(VERSIONS) }), 'unknown'],
    [
      'the visible event does not carry the row',
      leg({ forward: one([event(9n, 99n, 'unavailable')]), reverse: watched() }),
      'unknown',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe("the target's own changes, not all known", () => {
  it.each<[string, Partial<PartitionEvidence>]>([
    ['not fenced', { fencePassed: false }],
    ['no baseline', { baseline: null }],
    ['a reader that may not see all before the baseline', { baseline: { offset: 0n, transactionId: 101n } }],
    ['broken', { topic: { kind: 'broken', reason: 'a gap' } }],
  ])('%s: apply or rogue_write', (_, own) => {
    const decision = judgeKey(evidence({ target: B, forward: one(VERSIONS), reverse: watched([], own) }));
    expect(decision).toMatchObject({
      verdict: 'DIVERGED',
      leg: 'unknown',
      reason: expect.stringContaining('apply or rogue_write'),
    });
  });
  it.each<[string, string, string]>([
    [
      'the row was written before they were held, and so may the change have been applied',
      leg({
        forward: one(VERSIONS, { appliedAtReverseBaseline: 4n }),
        reverse: watched([], { baseline: LATE }),
        targetRowTxId: 49n,
      }),
      'unknown',
    ],
    [
      'the row was written since: nobody else did',
      leg({
        forward: one(VERSIONS, { appliedAtReverseBaseline: 4n }),
        reverse: watched([], { baseline: LATE }),
        targetRowTxId: 50n,
      }),
      'apply from 2',
    ],
    [
      'the applier came to the change since: it did not write it',
      leg({
        forward: one(VERSIONS, { appliedAtReverseBaseline: 3n }),
        reverse: watched([], { baseline: LATE }),
        targetRowTxId: 49n,
      }),
      'apply from 2',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('the writer of the row is not known by transaction', () => {
  const changes = [event(5n, 99n, A)];
  it.each<[string, string, string]>([
    [
      'the target holds a value that only a foreign write has',
      leg({ target: R, forward: one(changes), reverse: watched([event(9n, 99n, R)]) }),
      'rogue_write',
    ],
    [
      'a row deleted by a foreign hand',
      leg({ target: null, forward: one(changes), reverse: watched([event(9n, 99n, null)]) }),
      'rogue_write',
    ],
    [
      'a value that a change and a foreign write have',
      leg({ forward: one(VERSIONS), reverse: watched([event(9n, 99n, B)]) }),
      'unknown',
    ],
    [
      'a value that an earlier change may have had',
      leg({
        target: R,
        forward: one(changes, { baseline: { offset: 1n, transactionId: 3n } }),
        reverse: watched([event(9n, 99n, R)]),
      }),
      'unknown',
    ],
    [
      'the foreign write was written over',
      leg({ forward: one(changes), reverse: watched([event(9n, 99n, R)]) }),
      'apply from 5',
    ],
    [
      'a foreign write that does not carry the row',
      leg({ forward: one(changes), reverse: watched([event(9n, 99n, 'unavailable')]) }),
      'unknown',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('both sides write', () => {
  it.each<[string, string, string]>([
    [
      'nobody else wrote: the applier did it',
      leg({ forward: one([event(5n, 99n, A)]), reverse: flow() }),
      'apply from 5',
    ],
    [
      'the target shows its own newer write, the source did not take it over',
      leg({ target: R, forward: one([event(5n, 99n, A)]), reverse: flow({ events: [event(9n, 99n, R)] }) }),
      'rogue_write',
    ],
    [
      'the source holds neither its own newest event nor the target row',
      leg({ forward: one([event(5n, 99n, R)]), reverse: flow({ events: [event(2n, 99n, R)] }) }),
      'unknown',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});
