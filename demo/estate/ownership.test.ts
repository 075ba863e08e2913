import { expect, it } from 'vitest';
import { CANARIES } from './canaries.ts';
import { moves, ownerOf, shareOf } from './ownership.ts';

const items = Array.from({ length: 10_000 }, (_, i) => i + 1);

it('spreads the items evenly', () => {
  const owned = items.filter((item) => ownerOf(item, 0.3) === 'inventory-service').length;
  expect(owned / items.length).toBeCloseTo(0.3, 1);
});

it('gives all to the monolith at 0 and all to the service at 1', () => {
  expect(items.every((item) => ownerOf(item, 0) === 'monolith')).toBe(true);
  expect(items.every((item) => ownerOf(item, 1) === 'inventory-service')).toBe(true);
});

it('leaves canaries with the monolith', () => {
  expect(CANARIES.every((item) => ownerOf(item, 1) === 'monolith')).toBe(true);
});

it('moves only the items between two shares', () => {
  for (const item of items) {
    expect(moves(item, 0.2, 0.6)).toBe(shareOf(item) >= 0.2 && shareOf(item) < 0.6);
  }
});
