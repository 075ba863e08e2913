import { expect, it } from 'vitest';
import { ChangeWindow } from './changeWindow.ts';
import { FlowWatch } from './flowWatch.ts';

const TOPIC = 'items';

/** A watch of a topic whose log has these ends; its window holds the partitions given as opened there. */
function watchOf(log: Map<number, bigint>, held: readonly number[]) {
  const window = new ChangeWindow({
    topic: TOPIC,
    columns: { key: ['id'], compared: ['name'] },
    pause: async () => undefined,
  });
  for (const part of held) window.open(part, log.get(part) ?? 0n);
  const asked: string[] = [];
  const watch = new FlowWatch({
    window,
    back: null,
    writer: 'source',
    reader: { applied: async () => new Map(), transactionId: async () => 1n, keyProblem: async () => null },
    group: null,
    fence: {
      exists: async () => true,
      isPast: async () => {
        asked.push('connector');
        return true;
      },
    },
    log: {
      ranges: async () => {
        asked.push('ends');
        return new Map([[TOPIC, [...log].map(([partition, high]) => ({ partition, low: 0n, high }))]]);
      },
    },
    clock: { nowMs: () => 0 },
    pause: async () => undefined,
  });
  return { watch, window, asked };
}

const signal = new AbortController().signal;

it('without patience asks the connector and the ends once, so that an idle partition can pass', async () => {
  const { watch, asked } = watchOf(new Map([[0, 5n]]), [0]);
  expect(await watch.fence(9n, null, 0, signal)).toEqual({ passed: new Set([0]), all: true });
  expect(asked).toEqual(['connector', 'ends']);
});

it('without patience does not wait for what has not been read', async () => {
  const log = new Map([[0, 5n]]);
  const { watch, asked } = watchOf(log, [0]);
  log.set(0, 6n);
  expect(await watch.fence(9n, null, 0, signal)).toEqual({ passed: new Set(), all: false });
  expect(asked).toEqual(['connector', 'ends']);
});
