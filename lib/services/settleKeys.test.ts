import { expect, it } from 'vitest';
import type { RowImage } from '../core/consistency/row.ts';
import type { Side } from '../ports/rowReader.ts';
import type { VersionedRows } from '../ports/versionedRows.ts';
import { type SettledKey, SettleKeys } from './settleKeys.ts';

const SETTLE_MS = 1_000;
const row = (value: string): RowImage => ({ tokens: [value], texts: [value], copies: 1 });

/** What one side holds from a time on: a value and its version; null for no row. */
type History = readonly (readonly [fromMs: number, value: string | null, version?: string])[];

/** Settles key k on a clock of its own: each read takes 10 ms, waiting takes the time that is waited. */
async function settle(source: History, target: History, patienceMs = 5_000): Promise<readonly SettledKey[]> {
  let nowMs = 0;
  const at = (history: History): VersionedRows | undefined => {
    const [, value, version] = history.findLast(([fromMs]) => fromMs <= nowMs) ?? [0, null];
    return value === null ? undefined : { rows: value === undefined ? [] : [row(value)], version: version ?? value };
  };
  const settled: SettledKey[] = [];
  const settling = new SettleKeys({
    reader: {
      readVersions: async (side: Side) => {
        const found = at(side === 'source' ? source : target);
        nowMs += 10;
        return new Map(found === undefined ? [] : [['k', found]]);
      },
    },
    clock: { nowMs: () => nowMs },
    pause: async (ms) => {
      nowMs += ms;
    },
    settleMs: SETTLE_MS,
    patienceMs,
    keysAtOnce: 10,
    keysHeld: 10,
    signal: new AbortController().signal,
    onSettled: async (key) => {
      settled.push(key);
    },
  });
  await settling.add(['k']);
  settling.close();
  await settling.run();
  return settled;
}

const always = (value: string | null): History => [[0, value]];
const everyHalfSecond = Array.from({ length: 100 }, (_, i) => [i * 500, 'a', `v${i}`] as const);

it.each<[string, History, History, readonly string[]]>([
  ['rows that are equal by now', always('a'), always('a'), []],
  ['a row that stays different', always('a'), always('b'), ['different']],
  ['a row that the target lacks', always('a'), always(null), ['different']],
  ['a row that the target alone has', always(null), always('b'), ['different']],
  [
    'a change that arrives within the settling time',
    always('b'),
    [
      [0, 'a'],
      [900, 'b'],
    ],
    [],
  ],
  [
    'a delete that arrives within the settling time',
    always(null),
    [
      [0, 'a'],
      [900, null],
    ],
    [],
  ],
  // At 1,020 ms the value is as it was at first, but it was another in between: the target may show that one.
  [
    'a row that went there and back',
    [
      [0, 'a', 'v1'],
      [400, 'b', 'v2'],
      [800, 'a', 'v3'],
    ],
    [
      [0, 'c'],
      [900, 'b'],
      [1_300, 'a'],
    ],
    [],
  ],
  // The source has no row at either look, but had one in between: only the target's row can tell.
  [
    'an insert and a delete between two looks',
    always(null),
    [
      [0, 'a', 'v1'],
      [900, 'b', 'v2'],
      [1_500, null],
    ],
    [],
  ],
  [
    'a difference that a write renews',
    [
      [0, 'a', 'v1'],
      [700, 'a', 'v2'],
    ],
    always('b'),
    ['different'],
  ],
  ['a row that is written all the time', everyHalfSecond, always('b'), ['unsettled']],
])('%s', async (_, source, target, states) => {
  expect((await settle(source, target)).map(({ state }) => state)).toEqual(states);
});

it('shows both sides as they were read last', async () => {
  expect(await settle(always('a'), always('b'))).toEqual([
    { key: 'k', state: 'different', source: [row('a')], target: [row('b')] },
  ]);
});

it('reads the target before the source: a change between the two reads is no difference', async () => {
  // Both sides change at the moment between the two reads at 1,020 ms, as a fast applier and a reader would meet.
  const source: History = [
    [0, 'a', 'v1'],
    [1_025, 'b', 'v2'],
  ];
  const target: History = [
    [0, 'a0'],
    [500, 'a'],
    [1_025, 'b'],
  ];
  expect(await settle(source, target)).toEqual([]);
});
