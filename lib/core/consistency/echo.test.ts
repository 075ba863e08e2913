import { describe, expect, it } from 'vitest';
import { type BothSides, echoesOf, isPingPong, roundTrips, type SideChange } from './echo.ts';

/** `A` untagged, `A+` tagged as written by the applier, `A-` tagged as written by another; offsets count from 0. */
const side = (changes: string): readonly SideChange[] =>
  changes
    .split(' ')
    .filter((change) => change !== '')
    .map((change, i) => ({
      offset: BigInt(i),
      byApplier: change.endsWith('+') ? true : change.endsWith('-') ? false : null,
      valueHash: change.charAt(0),
    }));
const both = (source: string, target: string): BothSides => ({ source: side(source), target: side(target) });

describe('an echo at the target', () => {
  it.each<[string, string, string, string]>([
    ['none without a change to come from', '', 'A', ''],
    ['by tag, whatever the values', 'A', 'B+', '0'],
    ['not by tag, whatever the values', 'A', 'A-', ''],
    ['by value, in order', 'A B', 'A B', '0,1'],
    ['an older value written again is a write of its own', 'A B', 'A B A', '0,1'],
    ['a value between that is not its own', 'A B', 'A R B', '0,2'],
    ['a change that was skipped explains nothing', 'A B C', 'A C', '0,1'],
    ['back and forth', 'A B A', 'A B A', '0,1,2'],
    ['one change explains one echo', 'A', 'A A', '0'],
  ])('%s', (_, source, target, expected) =>
    expect([...echoesOf('target', both(source, target))].join()).toBe(expected),
  );
  it('is asked about the other side in the same way', () => {
    expect([...echoesOf('source', both('R A', 'A'))]).toEqual([1n]);
  });
});

describe('a ping-pong', () => {
  it.each<[string, string, string, number, boolean]>([
    ['a change and its echo', 'A', 'A', 0, false],
    ['the echo came home once', 'A A', 'A', 1, false],
    ['twice: it may die out', 'A A A', 'A A', 2, false],
    ['three times', 'A A A A', 'A A A', 3, true],
    ['three times, tagged', 'A- A+ A+ A+', 'A+ A+ A+', 3, true],
    ['born at the target', 'B B B', 'B B B B', 3, true],
    ['the same value saved again and again by its owner', 'A- A- A- A-', 'A+ A+ A+ A+', 0, false],
    ['the same value saved again, never carried over', 'A A A A', '', 0, false],
    ['two values in turn are two writers, not one change', 'A B A B A B', 'A B A B A B', 0, false],
  ])('%s', (_, source, target, trips, pingPong) => {
    expect(roundTrips(both(source, target))).toBe(trips);
    expect(isPingPong(both(source, target))).toBe(pingPong);
  });
});
