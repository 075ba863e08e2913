import { expect, it } from 'vitest';
import { WindowMemory } from './windowMemory.ts';

it.each<[string, number[], number]>([
  ['alone it may use all', [70], 100],
  ['the others leave something free', [70, 10], 90],
  ['the others are full: an equal share', [10, 90], 50],
  ['four that are over already', [40, 40, 40, 40], 25],
])('%s', (_, held, expected) => {
  const memory = new WindowMemory(100);
  const holders = held.map((bytes) => ({ bytes }));
  for (const holder of holders) memory.join(holder);
  expect(memory.allowed(holders[0] ?? { bytes: 0 })).toBe(expected);
});
