import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowEvidence, PartitionEvidence } from './flowEvidence.ts';
import type { HeldEvent } from './heldEvent.ts';
import type { Row } from './row.ts';
import { judgeKey } from './rule.ts';
import { A, B, event, evidence, flow, R, row } from './ruleTestEvidence.ts';

const placed = (part: number, offset: bigint, txId: bigint, after: HeldEvent['after'], more: Partial<HeldEvent> = {}) =>
  event(offset, txId, after, { part, position: { commitLsn: String(txId), lsn: String(txId) }, ...more });

/** Partition 0 held older events of the key, partition 1 was added. */
function grown(
  events: readonly HeldEvent[],
  at: readonly [bigint, bigint],
  own: Partial<PartitionEvidence> = {},
  more: Partial<FlowEvidence> = {},
): FlowEvidence {
  const [old, added] = at.flatMap(
    (next, part) => flow({}, { part, applied: { kind: 'exact', next }, ...(part === 1 ? own : {}) }).partitions,
  );
  if (old === undefined || added === undefined) throw new Error('two partitions');
  return flow({ grown: true, events, partitions: [old, added], ...more });
}

const judge = (source: Row, target: Row, forward: FlowEvidence) => {
  const { verdict, leg, reason } = judgeKey(evidence({ source, target, forward }));
  return `${verdict} ${leg}: ${reason}`;
};

const older = placed(0, 9n, 90n, A);
const newer = placed(1, 0n, 95n, B);

describe('a key with older events in one partition and newer ones in an added one', () => {
  it.each<[string, string, RegExp]>([
    ['both applied, and there', judge(B, B, grown([older, newer], [10n, 1n])), /^CLEAN/],
    ['both applied, and the older row there', judge(B, A, grown([older, newer], [10n, 1n])), /^DIVERGED unknown/],
    ['the newer one waits', judge(B, A, grown([older, newer], [10n, 0n])), /^PENDING.*offset 0 waits/],
    [
      'the older one waits behind the newer one',
      judge(B, B, grown([older, newer], [9n, 1n])),
      /^PENDING.*offset 9 waits/,
    ],
    [
      'both came after the read, and only the newer one was applied',
      judge(R, B, grown([placed(0, 9n, 100n, A), placed(1, 0n, 101n, B)], [9n, 1n])),
      /^PENDING.*a newer change of the key was applied before an older one/,
    ],
    [
      'both came after the read, and the older one was applied',
      judge(R, A, grown([placed(0, 9n, 100n, A), placed(1, 0n, 101n, B)], [10n, 0n])),
      /^CLEAN/,
    ],
    ['a loss', judge(R, B, grown([older, newer], [10n, 1n])), /^DIVERGED capture/],
    [
      'a loss, but newer events of the other partition may have been forgotten',
      judge(R, A, grown([older], [10n, 1n], { heldSince: 'unknown' })),
      /^DIVERGED unknown: partitions were added/,
    ],
    [
      'a loss, the other partition held from a later place on',
      judge(R, A, grown([older], [10n, 1n], { heldSince: { commitLsn: '91', lsn: '91' } })),
      /^DIVERGED unknown: partitions were added/,
    ],
    [
      'a loss, the other partition held from an earlier place on',
      judge(R, A, grown([older], [10n, 1n], { heldSince: { commitLsn: '89', lsn: '89' } })),
      /^DIVERGED capture/,
    ],
    [
      'the added one has not passed the fence',
      judge(B, A, grown([older], [10n, 0n], { fencePassed: false })),
      /^PENDING/,
    ],
    ['the added one is not held yet', judge(B, A, grown([older], [10n, 0n], { baseline: null })), /^PENDING/],
    [
      'the applier stands still in the added one',
      judge(B, A, grown([older, newer], [10n, 0n], { stillMs: 1e6 })),
      /^STALLED.*offset 0/,
    ],
    ['their order is not told', judge(B, B, grown([older, newer], [10n, 1n], {}, { ordered: false })), /^UNKNOWN/],
    [
      'a topic that has not grown',
      judge(B, B, grown([older, newer], [10n, 1n], {}, { grown: false })),
      /^UNKNOWN.*more than one partition/,
    ],
    [
      'an applier that applies again what came again may have gone back',
      judge(
        B,
        A,
        grown([older, placed(0, 10n, 90n, A, { repeat: true }), newer], [11n, 1n], {}, { appliedDropsRepeats: false }),
      ),
      /^PENDING.*it is not known which/,
    ],
  ])('%s', (_, found, expected) => expect(found).toMatch(expected));
});

/** Value of change i; the applier applies in commit order, and at any moment the verifier looks. */
const value = (i: number) => row(String(i), '1');

describe('wherever the topic grows, whatever is visible, and however far the applier is', () => {
  const history = fc.record({
    changes: fc.integer({ min: 1, max: 6 }),
    grownAt: fc.nat(6),
    visible: fc.nat(6),
    applied: fc.nat(6),
    skipped: fc.option(fc.nat(5), { nil: null }),
  });
  it('a right applier is never called DIVERGED, and a change that it skipped is never CLEAN at rest', () => {
    fc.assert(
      fc.property(history, ({ changes, grownAt, visible, applied, skipped }) => {
        const partOf = (i: number) => (i < grownAt ? 0 : 1);
        const offsetOf = (i: number) => BigInt(i < grownAt ? i : i - grownAt);
        const seen = Math.min(visible, changes);
        const done = Math.min(applied, changes);
        const events = Array.from({ length: changes }, (_, i) =>
          placed(partOf(i), offsetOf(i), i < seen ? 50n + BigInt(i) : 100n + BigInt(i), value(i + 1)),
        );
        const next = [0, 1].map((part) => BigInt(events.slice(0, done).filter((held) => held.part === part).length));
        const written = Array.from({ length: done }, (_, i) => i).filter((i) => i !== skipped);
        const target = value((written.at(-1) ?? -1) + 1);
        const { verdict, captureDiverged } = judgeKey(
          evidence({ source: value(seen), target, forward: grown(events, [next[0] ?? 0n, next[1] ?? 0n]) }),
        );
        expect(captureDiverged).toBe(false);
        const isRight = skipped === null || skipped !== done - 1;
        if (isRight) expect(verdict).not.toBe('DIVERGED');
        else expect(verdict).not.toBe('CLEAN');
        if (done === changes) expect(verdict).toBe(isRight ? 'CLEAN' : 'DIVERGED');
      }),
      { numRuns: 2_000 },
    );
  });
});
