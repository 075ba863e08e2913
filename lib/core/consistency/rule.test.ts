import { describe, expect, it } from 'vitest';
import type { HeldEvent } from './heldEvent.ts';
import type { Row } from './row.ts';
import { type FlowEvidence, judgeKey, type KeyEvidence } from './rule.ts';
import { parseSnapshot } from './snapshot.ts';

const row = (...values: (string | null)[]): Row => ({ texts: values, tokens: values, copies: 1 });
const A = row('a', '1');
const B = row('b', '1');
const R = row('rogue', '1');

/** Transactions below 100 are seen. */
const event = (
  offset: bigint,
  txId: bigint | null,
  after: Row | 'unavailable',
  more: Partial<HeldEvent> = {},
): HeldEvent => ({
  offset,
  op: 'u',
  txId,
  heldBeforeRead: false,
  sourceTsUs: offset,
  after,
  ...more,
});

const flow = (more: Partial<FlowEvidence> = {}): FlowEvidence => ({
  snapshot: parseSnapshot('100:100:'),
  fencePassed: true,
  events: [],
  held: 'newest',
  applied: 10n,
  readToApplied: true,
  stillMs: 0,
  complete: true,
  broken: null,
  ...more,
});

const judge = (
  source: Row,
  target: Row,
  forward: FlowEvidence,
  reverse: FlowEvidence | null = null,
  more: Partial<KeyEvidence> = {},
) => {
  const { verdict, kind, leg, columns, retry } = judgeKey({
    source,
    target,
    columns: ['name', 'n'],
    forward,
    reverse,
    stalledAfterMs: 10_000,
    ...more,
  });
  return `${verdict}${kind === null ? '' : ` ${kind}`}${verdict === 'DIVERGED' ? ` ${leg} [${columns}]` : ''}${retry ? ' retry' : ''}`;
};

describe('one direction', () => {
  it.each<[string, string, string]>([
    ['the newest change is visible, applied and there', judge(A, A, flow({ events: [event(9n, 99n, A)] })), 'CLEAN'],
    ['no event is known and both sides agree', judge(A, A, flow()), 'CLEAN'],
    [
      'neither side has the row after an applied delete',
      judge(null, null, flow({ events: [event(9n, 99n, null)] })),
      'CLEAN',
    ],
    [
      'the applied change is not there',
      judge(A, B, flow({ events: [event(9n, 99n, A)] })),
      'DIVERGED different unknown [name]',
    ],
    ['the row is missing', judge(A, null, flow()), 'DIVERGED missing unknown []'],
    ['the row should not be there', judge(null, A, flow()), 'DIVERGED extra unknown []'],
    [
      'an event was lost before Kafka',
      judge(A, B, flow({ events: [event(9n, 99n, B)] })),
      'DIVERGED different capture [name]',
    ],
    [
      'W equals the offset: the event is not applied yet',
      judge(A, B, flow({ events: [event(10n, 99n, A)] })),
      'PENDING retry',
    ],
    ['W has stood still for the time', judge(A, B, flow({ events: [event(10n, 99n, A)], stillMs: 10_000 })), 'STALLED'],
    [
      'W has stood still, but nothing of this key waits',
      judge(A, A, flow({ events: [event(9n, 99n, A)], stillMs: 10_000 })),
      'CLEAN',
    ],
    ['the fence has not passed', judge(A, B, flow({ fencePassed: false })), 'PENDING'],
    ['Banyan does not hold the beginning', judge(A, B, flow({ complete: false })), 'PENDING'],
    ['Banyan has not read as far as the applier', judge(A, B, flow({ readToApplied: false })), 'PENDING retry'],
    ['the partition is stopped', judge(A, B, flow({ broken: 'a gap' })), 'UNKNOWN'],
    ['a later change is applied already: it is expected', judge(A, B, flow({ events: [event(9n, 100n, B)] })), 'CLEAN'],
    [
      'a later change is applied, and not there',
      judge(A, R, flow({ events: [event(9n, 100n, B)] })),
      'DIVERGED different unknown [name]',
    ],
    [
      'a later change is not applied, older ones are not held',
      judge(A, B, flow({ events: [event(10n, 100n, B)] })),
      'PENDING retry',
    ],
    [
      'a later change is applied but does not carry the row',
      judge(A, B, flow({ events: [event(9n, 100n, 'unavailable')] })),
      'PENDING retry',
    ],
    ['no transaction is named', judge(A, A, flow({ events: [event(9n, null, A)] })), 'PENDING retry'],
    [
      'a snapshot read was held before the row was read',
      judge(A, A, flow({ events: [event(9n, null, A, { op: 'r', heldBeforeRead: true })] })),
      'CLEAN',
    ],
    ['NULL is no text', judge(row(null, '1'), row('', '1'), flow()), 'DIVERGED different unknown [name]'],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('every event of the key held', () => {
  const all = (events: HeldEvent[], applied: bigint) => flow({ events, held: 'all', applied });
  it.each<[string, string, string]>([
    [
      'a change back and forth, seen before, applied once',
      judge(A, B, all([event(1n, 99n, A), event(2n, 100n, B), event(3n, 101n, A)], 3n)),
      'CLEAN',
    ],
    [
      'the same, applied twice',
      judge(A, A, all([event(1n, 99n, A), event(2n, 100n, B), event(3n, 101n, A)], 4n)),
      'CLEAN',
    ],
    [
      'later changes wait: the visible one is expected',
      judge(A, A, all([event(1n, 99n, A), event(2n, 100n, B)], 2n)),
      'CLEAN',
    ],
    [
      'later changes wait and the visible one is missing',
      judge(A, B, all([event(1n, 99n, A), event(2n, 100n, R)], 2n)),
      'DIVERGED different unknown [name]',
    ],
    [
      'a seen change after an unseen one breaks the order',
      judge(A, A, all([event(1n, 100n, A), event(2n, 99n, B)], 3n)),
      'UNKNOWN',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('both directions', () => {
  const back = (events: HeldEvent[] = [], more: Partial<FlowEvidence> = {}) => flow({ events, ...more });
  const there = flow({ events: [event(5n, 99n, A)] });
  it.each<[string, string, string]>([
    ['both quiet and equal', judge(A, A, there, back([event(3n, 99n, A)])), 'CLEAN'],
    ['nobody else wrote: the applier did it', judge(A, B, there, back()), 'DIVERGED different apply [name]'],
    [
      'the target shows its own newer write, the source does not',
      judge(A, R, there, back([event(9n, 99n, R)])),
      'DIVERGED different rogue_write [name]',
    ],
    [
      "a snapshot read at the target is nobody's write",
      judge(A, B, there, back([event(9n, 99n, B, { op: 'r' })])),
      'DIVERGED different apply [name]',
    ],
    ['the way back has not been applied', judge(A, B, there, back([event(10n, 99n, B)])), 'PENDING retry'],
    ['the way back stands still', judge(A, B, there, back([event(10n, 99n, B)], { stillMs: 20_000 })), 'STALLED'],
    ['the way back is not fenced', judge(A, A, there, back([], { fencePassed: false })), 'PENDING'],
    ['the key changed after the read', judge(A, B, flow({ events: [event(9n, 100n, B)] }), back()), 'PENDING retry'],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});
