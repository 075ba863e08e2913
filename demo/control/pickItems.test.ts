import { describe, expect, it } from 'vitest';
import { pickItems } from './pickItems.ts';

const all = () => true;

describe('the items that a fault makes wrong', () => {
  const cases: readonly [string, Parameters<typeof pickItems>[0], number[]][] = [
    ['are the last ones', { count: 2, items: 10, taken: new Set(), isMonolithOwned: all }, [10, 9]],
    ['are not those of another fault', { count: 2, items: 10, taken: new Set([10, 8]), isMonolithOwned: all }, [9, 7]],
    [
      'are owned by the monolith',
      { count: 2, items: 10, taken: new Set(), isMonolithOwned: (id) => id % 2 === 1 },
      [9, 7],
    ],
    ['are none for a fault that needs none', { count: 0, items: 10, taken: new Set(), isMonolithOwned: all }, []],
  ];
  it.each(cases)('%s', (_name, options, expected) => {
    expect(pickItems(options)).toEqual(expected);
  });

  it('are refused when there are too few', () => {
    expect(() => pickItems({ count: 3, items: 2, taken: new Set(), isMonolithOwned: all })).toThrow(/only 2 of 3/);
  });
});
