import { expect, it } from 'vitest';
import { ItemChoice } from './itemChoice.ts';

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it('wants a few items often and reaches many', () => {
  const choice = new ItemChoice(1_000, 0.9);
  const random = seeded(7);
  const counts = new Map<number, number>();
  for (let i = 0; i < 20_000; i++) {
    const item = choice.next(random);
    counts.set(item, (counts.get(item) ?? 0) + 1);
  }
  const sorted = [...counts.values()].sort((a, b) => b - a);
  expect(sorted[0]).toBeGreaterThan(20 * (sorted[500] ?? 0));
  expect(counts.size).toBeGreaterThan(900);
  expect([...counts.keys()].every((item) => item >= 1 && item <= 1_000)).toBe(true);
});

it('leaves reserved items alone', () => {
  const choice = new ItemChoice(50, 1);
  choice.reserve([1, 2, 3]);
  const random = seeded(3);
  for (let i = 0; i < 2_000; i++) expect([1, 2, 3]).not.toContain(choice.next(random));
});
