import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from './debezium.ts';
import { compareDecimal, NOTHING_COUNTED, RedeliveryFilter } from './redelivery.ts';

function change(commitLsn: string | null, lsn: string, key: string, extra: Partial<Change> = {}): Change {
  return {
    kind: 'change',
    op: 'u',
    key,
    after: () => null,
    snapshot: false,
    incremental: false,
    sourceTsUs: 0,
    connectorTsUs: 0,
    position: { commitLsn, lsn },
    txId: null,
    byApplier: false,
    ...extra,
  };
}

/** A change with its source's time. */
function at(
  sourceTsUs: number,
  commitLsn: string | null,
  lsn: string,
  key: string,
  extra: Partial<Change> = {},
): Change {
  return change(commitLsn, lsn, key, { sourceTsUs, ...extra });
}

describe('repeats', () => {
  const cases: [what: string, events: Change[], repeats: boolean[]][] = [
    ['the same event again', [change('1', '2', 'a'), change('1', '2', 'a')], [false, true]],
    ['an older one', [change('1', '2', 'a'), change('3', '4', 'a'), change('1', '2', 'a')], [false, false, true]],
    [
      'rows of one multi-insert share their LSN',
      [change('1', '2', 'a'), change('1', '2', 'b'), change('1', '2', 'a')],
      [false, false, true],
    ],
    ['a later transaction that began earlier', [change('100', '110', 'a'), change('120', '105', 'b')], [false, false]],
    [
      'texts of other lengths',
      [change('9', '9', 'a'), change('10', '10', 'a'), change('9', '9', 'a')],
      [false, false, true],
    ],
    [
      'the first transaction after a snapshot',
      [change(null, '5', 'a'), change(null, '6', 'a'), change(null, '5', 'a')],
      [false, false, true],
    ],
    [
      'the first transaction of a slot again, after a later one',
      [
        change(null, '5', 'a'),
        change(null, '6', 'b'),
        change('7', '9', 'a'),
        change(null, '5', 'a'),
        change('7', '9', 'a'),
      ],
      [false, false, false, true, true],
    ],
    [
      'the first transactions of a slot that was made anew',
      [change('90', '95', 'a'), change(null, '120', 'a'), change(null, '120', 'a'), change('125', '130', 'a')],
      [false, false, true, false],
    ],
    [
      'changes without a position are all new',
      [change('90', '95', 'a'), change(null, '1', 'a', { position: null }), change('90', '95', 'a')],
      [false, false, true],
    ],
    [
      'snapshot rows all at one LSN',
      [change(null, '5', 'a', { snapshot: true }), change(null, '5', 'a', { snapshot: true })],
      [false, false],
    ],
    [
      'a restored server goes on below, at a later time',
      [at(100, '90', '95', 'a'), at(200, '40', '45', 'a'), at(200, '40', '46', 'b'), at(300, '50', '55', 'a')],
      [false, false, false, false],
    ],
    [
      'a restored server, and then its connector restarts',
      [at(100, '90', '95', 'a'), at(200, '40', '45', 'a'), at(300, '50', '55', 'a'), at(200, '40', '45', 'a')],
      [false, false, false, true],
    ],
    [
      'what a restored server sends of its log from before the backup',
      [at(50, '20', '25', 'a'), at(100, '90', '95', 'a'), at(50, '20', '25', 'a'), at(200, '40', '45', 'a')],
      [false, false, true, false],
    ],
    [
      'a restored server at the very position that was counted last',
      [at(100, '90', '95', 'a'), at(200, '90', '95', 'a')],
      [false, false],
    ],
    [
      'a restored server whose clock is behind, until it has passed the newest time',
      [at(100, '90', '95', 'a'), at(99, '40', '45', 'a'), at(100, '50', '55', 'a'), at(101, '60', '65', 'a')],
      [false, true, true, false],
    ],
    [
      'a restored server, by the first transaction of its new slot',
      [at(100, '90', '95', 'a'), at(200, null, '45', 'a'), at(200, null, '46', 'a'), at(300, '50', '55', 'a')],
      [false, false, false, false],
    ],
    [
      'a clock that was set back: positions decide',
      [at(100, '10', '15', 'a'), at(40, '20', '25', 'a'), at(100, '10', '15', 'a'), at(41, '30', '35', 'a')],
      [false, false, true, false],
    ],
    [
      'a snapshot taken later is no event whose time counts',
      [at(100, '90', '95', 'a'), at(900, null, '95', 'a', { snapshot: true }), at(200, '40', '45', 'a')],
      [false, false, false],
    ],
    [
      'a snapshot of a restored server begins anew',
      [change('90', '91', 'a'), change(null, '5', 'a', { snapshot: true }), change('6', '7', 'a')],
      [false, false, false],
    ],
  ];
  it.each(cases)('%s', (_what, events, repeats) => {
    const filter = new RedeliveryFilter(NOTHING_COUNTED);
    expect(events.map((event) => filter.isRepeat(event))).toEqual(repeats);
  });

  it('a restart anywhere, with the tail sent again, counts each event once', () => {
    const log = fc
      .array(
        fc.record({
          key: fc.constantFrom('a', 'b', 'c'),
          step: fc.integer({ min: 0, max: 2 }),
          // The clock may be set at any moment.
          sourceTsUs: fc.nat(20),
        }),
        { minLength: 1, maxLength: 30 },
      )
      .map((steps) => {
        let lsn = 10;
        const seen = new Set<string>();
        let clockUs = 0;
        return steps.flatMap(({ key, step, sourceTsUs }) => {
          // Rows at one position are of one transaction.
          if (step > 0) clockUs = sourceTsUs;
          lsn += step;
          if (seen.has(`${lsn}/${key}`)) return [];
          seen.add(`${lsn}/${key}`);
          return [at(clockUs, '1', String(lsn), key)];
        });
      });
    fc.assert(
      fc.property(log, fc.nat(), fc.nat(), (events, cut, back) => {
        const sentUpTo = cut % (events.length + 1);
        const resumeAt = sentUpTo === 0 ? 0 : back % (sentUpTo + 1);
        const delivered = [...events.slice(0, sentUpTo), ...events.slice(resumeAt)];
        let filter = new RedeliveryFilter(NOTHING_COUNTED);
        const counted: Change[] = [];
        for (const event of delivered) {
          if (!filter.isRepeat(event)) counted.push(event);
          // Banyan restarts after every record: its state goes through the store.
          filter = new RedeliveryFilter(filter.countedUpTo);
        }
        expect(counted).toEqual(events);
      }),
    );
  });
});

it('compares decimals of any length as numbers', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n }), fc.bigInt({ min: 0n, max: 2n ** 64n }), (a, b) => {
      expect(Math.sign(compareDecimal(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});
