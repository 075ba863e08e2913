import { describe, expect, it } from 'vitest';
import type { EarlierLook } from './earlierLook.ts';
import { A, B, event, flow, leg, one, watched } from './ruleTestEvidence.ts';

const LATE = { offset: 0n, transactionId: 50n };
const BEGUN = { offset: 5n, transactionId: 90n };

describe('events before the change are not held, and an earlier look tells', () => {
  const after = [event(5n, 99n, A)];
  const looks = [
    {
      atMs: 0,
      xmin: 40n,
      xmax: 45n,
      applied: new Map([[0, 5n]]),
      reverseEnds: new Map([[0, 0n]]),
      writer: { xmax: 80n, ends: new Map([[0, 5n]]) },
    },
  ];
  it('a foreign transaction that had ended before the row was written is not that of its savepoint', () => {
    const versions = [event(5n, 97n, B), event(6n, 98n, A)];
    const found = (looks: readonly EarlierLook[]) =>
      leg({ forward: one(versions, late, { looks }), reverse: watched([event(1n, 30n, B)]), targetRowTxId: 46n });
    expect(found([])).toBe('unknown');
    expect(found(looks)).toBe('apply from 6');
  });
  const back = looks.map((look) => ({ ...look, xmax: 80n, applied: new Map([[0, 7n]]) }));
  const reverse = watched([], { baseline: LATE });
  const late = { appliedAtReverseBaseline: 6n };
  it.each<[string, string, string]>([
    ['nothing', leg({ forward: one(after, late), reverse, targetRowTxId: 39n }), 'unknown'],
    [
      'the row was there before it',
      leg({ forward: one(after, late, { looks }), reverse, targetRowTxId: 39n }),
      'apply from 5',
    ],
    [
      'it was, and nobody captures the target',
      leg({ forward: one(after, late, { looks }), targetRowTxId: 39n }),
      'apply from 5',
    ],
    [
      'it was, and the position was set over the change',
      leg({ forward: one(after, { ...late, jumps: [{ from: 5n, to: 6n }] }, { looks }), reverse, targetRowTxId: 39n }),
      'transport from 5',
    ],
    [
      'it may have been written meanwhile, and nobody captures the target',
      leg({ forward: one(after, late, { looks }), targetRowTxId: 42n }),
      'unknown',
    ],
    [
      'it may have, and no foreign change has come since',
      leg({ forward: one(after, late, { looks }), reverse, targetRowTxId: 42n }),
      'apply from 5',
    ],
    [
      'it may have, and foreign changes since are not all held',
      leg({
        forward: one(after, late, { looks }),
        reverse: watched([], { baseline: { offset: 1n, transactionId: 50n } }),
        targetRowTxId: 42n,
      }),
      'unknown',
    ],
    [
      'it is not there, though it was inserted, and no foreign change has come since',
      leg({ target: null, forward: one([event(5n, 99n, A, { op: 'c' })], late, { looks }), reverse }),
      'apply from 5',
    ],
    [
      'it is not there, and may have been deleted before it was updated',
      leg({ target: null, forward: one(after, late, { looks }), reverse }),
      'unknown',
    ],
    [
      'the change is older than what is held, and not than a look since which it is',
      leg({ forward: one([event(5n, 80n, A)], { ...late, baseline: BEGUN }, { looks }), reverse, targetRowTxId: 39n }),
      'apply from 5',
    ],
    [
      'the change is older than either, and may have come before',
      leg({ forward: one([event(5n, 79n, A)], { ...late, baseline: BEGUN }, { looks }), reverse, targetRowTxId: 39n }),
      'unknown',
    ],
    [
      'the change is older than what is held, which the look had not read as far as',
      leg({
        forward: one([event(6n, 80n, A)], { ...late, baseline: { ...BEGUN, offset: 6n } }, { looks }),
        reverse,
        targetRowTxId: 39n,
      }),
      'unknown',
    ],
    [
      'it is not there, and was deleted by another hand',
      leg({
        target: null,
        forward: one(after, late, { looks }),
        reverse: watched([event(1n, 60n, null)], { baseline: LATE }),
      }),
      'rogue_write',
    ],
    [
      'it is not there, and the applier had come to the change before the look',
      leg({ target: null, forward: one([event(4n, 99n, A)], late, { looks }), reverse }),
      'unknown',
    ],
    [
      'it was written since, and every foreign change since is held',
      leg({ forward: one(after, late, { looks }), reverse, targetRowTxId: 45n }),
      'apply from 5',
    ],
    [
      'it was written since by another hand',
      leg({
        forward: one(after, late, { looks }),
        reverse: watched([event(1n, 45n, B)], { baseline: LATE }),
        targetRowTxId: 45n,
      }),
      'rogue_write',
    ],
    [
      'none has come of a row written since',
      leg({ forward: one([], late, { looks }), reverse, sourceRowTxId: 80n }),
      'capture',
    ],
    [
      'none has come of a row written before',
      leg({ forward: one([], late, { looks }), reverse, sourceRowTxId: 79n }),
      'unknown',
    ],
    [
      'those since the look are not all held',
      leg({
        forward: one([], { ...late, baseline: { offset: 6n, transactionId: 3n } }, { looks }),
        reverse,
        sourceRowTxId: 80n,
      }),
      'unknown',
    ],
    [
      'none has come, and the way back has carried nothing since',
      leg({ forward: one([], late, { looks }), reverse: flow({ looks: back }), sourceRowTxId: 80n }),
      'capture',
    ],
    [
      'none has come, and the way back had carried what it has before',
      leg({
        forward: one([], late, { looks }),
        reverse: flow({ looks: back, events: [event(6n, null, B, { op: 'r', heldBeforeRead: true })] }),
        sourceRowTxId: 80n,
      }),
      'capture',
    ],
    [
      'the way back has carried a change since, which may have been written',
      leg({
        forward: one([], late, { looks }),
        reverse: flow({ looks: back, events: [event(7n, 98n, B, { echo: true })] }),
        sourceRowTxId: 80n,
      }),
      'unknown',
    ],
    [
      'the way back may have written the source',
      leg({ forward: one([], late, { looks }), reverse: flow(), sourceRowTxId: 80n }),
      'unknown',
    ],
    [
      'the way back may have, from a change that is not held',
      leg({
        forward: one([], late, { looks }),
        reverse: flow({ looks: back }, { baseline: { offset: 8n, transactionId: 3n } }),
        sourceRowTxId: 80n,
      }),
      'unknown',
    ],
    [
      'the applier had come to the change before the look',
      leg({ forward: one([event(4n, 99n, A)], late, { looks }), reverse, targetRowTxId: 39n }),
      'unknown',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});
