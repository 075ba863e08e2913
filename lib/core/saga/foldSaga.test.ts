import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SagaDefinition } from '../migration/definition.ts';
import { foldSaga, inOrder, type SagaFact } from './foldSaga.ts';

const saga: SagaDefinition = {
  id: 'place-order',
  topics: ['shop.orders', 'shop.inventory', 'shop.payments'],
  correlate: { kind: 'header', header: 'correlation-id', messageId: 'message-id', causationId: 'causation-id' },
  typeHeader: 'type',
  steps: [
    { event: 'OrderPlaced', service: 'orders' },
    { event: 'ItemReserved', service: 'inventory-service', compensation: 'ReservationReleased' },
    { event: 'PaymentCharged', service: 'payments' },
    { event: 'OrderConfirmed', service: 'orders' },
  ],
  deadlineMs: 10_000,
  completedBy: ['OrderConfirmed'],
  compensatedBy: ['OrderCancelled'],
  failedBy: ['ReservationReleaseFailed'],
  compensatedIsFailure: false,
};

/** Events at these seconds, each caused by the one before. */
function events(...list: [type: string, atSec: number][]): SagaFact[] {
  return list.map(([eventType, atSec], index) => ({
    messageId: `m${index}`,
    causationId: index === 0 ? null : `m${index - 1}`,
    eventType,
    atUs: atSec * 1e6,
    topic: 'shop.orders',
    partition: 0,
    offset: BigInt(index),
  }));
}

describe('outcome at the deadline', () => {
  const cases: [
    what: string,
    facts: SagaFact[],
    outcome: string,
    good: boolean,
    reason: RegExp,
    durationSec: number | null,
  ][] = [
    [
      'completed',
      events(['OrderPlaced', 1], ['ItemReserved', 2], ['PaymentCharged', 3], ['OrderConfirmed', 4]),
      'completed',
      true,
      /OrderConfirmed/,
      3,
    ],
    [
      'declined and undone',
      events(
        ['OrderPlaced', 1],
        ['ItemReserved', 2],
        ['PaymentDeclined', 3],
        ['ReservationReleased', 4],
        ['OrderCancelled', 3.5],
      ),
      'compensated',
      true,
      /everything undone/,
      3,
    ],
    [
      'refused before anything was reserved',
      events(['OrderPlaced', 1], ['ReservationFailed', 2], ['OrderCancelled', 3]),
      'compensated',
      true,
      /everything undone/,
      2,
    ],
    [
      'cancelled, the reservation never released',
      events(['OrderPlaced', 1], ['ItemReserved', 2], ['OrderCancelled', 3]),
      'compensation_failed',
      false,
      /still owed ReservationReleased for ItemReserved/,
      2,
    ],
    [
      'cancelled, released too late',
      events(['OrderPlaced', 1], ['ItemReserved', 2], ['OrderCancelled', 3], ['ReservationReleased', 11.5]),
      'compensation_failed',
      false,
      /by the deadline/,
      2,
    ],
    [
      'the release failed',
      events(['OrderPlaced', 1], ['ItemReserved', 2], ['ReservationReleaseFailed', 3], ['OrderCancelled', 4]),
      'compensation_failed',
      false,
      /ReservationReleaseFailed: still owed/,
      3,
    ],
    [
      'failed with nothing to undo',
      events(['OrderPlaced', 1], ['ReservationReleaseFailed', 3]),
      'failed',
      false,
      /ended it/,
      2,
    ],
    [
      'stuck in the middle',
      events(['OrderPlaced', 1], ['ItemReserved', 2]),
      'stuck',
      false,
      /stuck after ItemReserved: no OrderConfirmed or OrderCancelled/,
      null,
    ],
    [
      'completed after the deadline',
      events(['OrderPlaced', 1], ['ItemReserved', 2], ['OrderConfirmed', 13.1]),
      'stuck',
      false,
      /OrderConfirmed came 2\.1 s after the deadline of 10 s/,
      null,
    ],
    ['exactly at the deadline', events(['OrderPlaced', 1], ['OrderConfirmed', 11]), 'completed', true, /completed/, 10],
    [
      'completed and cancelled',
      events(['OrderPlaced', 1], ['OrderConfirmed', 2], ['OrderCancelled', 3]),
      'failed',
      false,
      /both OrderConfirmed and OrderCancelled/,
      2,
    ],
  ];
  it.each(cases)('%s', (_what, facts, outcome, good, reason, durationSec) => {
    const state = foldSaga(saga, facts);
    expect(state).toMatchObject({ outcome, good, startedUs: 1e6, deadlineUs: 11e6 });
    expect(state?.reason).toMatch(reason);
    expect(state?.durationUs).toBe(durationSec === null ? null : durationSec * 1e6);
  });

  it('a compensated saga is a failure where the definition says so', () => {
    const facts = events(['OrderPlaced', 1], ['OrderCancelled', 2]);
    expect(foldSaga({ ...saga, compensatedIsFailure: true }, facts)).toMatchObject({
      outcome: 'compensated',
      good: false,
    });
  });

  it('nothing is nothing', () => {
    expect(foldSaga(saga, [])).toBeNull();
  });
});

const TYPES = [
  'OrderPlaced',
  'ItemReserved',
  'PaymentCharged',
  'PaymentDeclined',
  'ReservationReleased',
  'OrderConfirmed',
  'OrderCancelled',
];
const anyFacts = fc
  .array(
    fc.record({
      eventType: fc.constantFrom(...TYPES),
      atUs: fc.integer({ min: 0, max: 15_000_000 }),
      cause: fc.option(fc.nat(9)),
    }),
    { maxLength: 10 },
  )
  .map((list) =>
    list.map(({ eventType, atUs, cause }, index): SagaFact => {
      const causationId = cause === null ? null : `m${cause}`;
      return {
        messageId: `m${index}`,
        causationId,
        eventType,
        atUs,
        topic: `t${index % 3}`,
        partition: index % 2,
        offset: BigInt(index),
      };
    }),
  );

it('any order and any repeats of the same events give the same state', () => {
  const disturbed = anyFacts.chain((facts) =>
    fc.tuple(
      fc.constant(facts),
      fc
        .shuffledSubarray([...facts, ...facts], { minLength: facts.length })
        .map((part) => [...part, ...facts.filter((f) => !part.includes(f))]),
    ),
  );
  fc.assert(
    fc.property(disturbed, ([facts, other]) => {
      expect(foldSaga(saga, other)).toEqual(foldSaga(saga, facts));
    }),
  );
});

it('a cause comes before its effect even when its clock is ahead, and cycles end', () => {
  const [first, second] = events(['OrderPlaced', 5], ['ItemReserved', 4]);
  if (first === undefined || second === undefined) throw new Error('two events');
  expect(inOrder([second, first]).map(({ eventType }) => eventType)).toEqual(['OrderPlaced', 'ItemReserved']);
  expect(inOrder([{ ...first, causationId: 'm1' }, second])).toHaveLength(2);
});
