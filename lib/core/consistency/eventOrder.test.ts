import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inCommitOrder, type PlacedEvent } from './eventOrder.ts';

interface Named extends PlacedEvent {
  readonly name: string;
}

const event = (
  name: string,
  place: readonly [string | null, string] | null,
  more: Partial<PlacedEvent> = {},
): Named => ({
  name,
  op: 'u',
  position: place === null ? null : { commitLsn: place[0], lsn: place[1] },
  sourceTsUs: 1,
  repeat: false,
  ...more,
});
const a = event('a', ['10', '11']);
const b = event('b', ['20', '21']);
const c = event('c', ['100', '101']);

const inOrder = (...partitions: Named[][]) => {
  const { events, ordered } = inCommitOrder(partitions);
  return `${events.map(({ name, repeat }) => `${name}${repeat ? ' again' : ''}`).join(', ')}${ordered ? '' : '?'}`;
};

describe('events of one key in several partitions', () => {
  it.each<[string, string, string]>([
    ['the older partition first', inOrder([a, b], [c]), 'a, b, c'],
    ['whichever is given first', inOrder([c], [a, b]), 'a, b, c'],
    ['three partitions', inOrder([b], [a], [c]), 'a, b, c'],
    ['delivered again into the other partition', inOrder([a, b], [event('b', ['20', '21']), c]), 'a, b, b again, c'],
    [
      'delivered again, marked in its own partition already',
      inOrder([a, b], [c, event('b', ['20', '21'], { repeat: true })]),
      'a, b, b again, c',
    ],
    ['a snapshot comes before the first commit', inOrder([event('r', [null, '9'], { op: 'r' })], [a]), 'r, a'],
    ['the first transaction of a slot', inOrder([event('first', [null, '9'])], [a]), 'first, a'],
    ['that of a slot made anew', inOrder([a], [event('first', [null, '30'])]), 'a, first'],
    ['without a place in the log', inOrder([a], [event('n', null)]), 'a, n?'],
    [
      'a server that was restored: places and times contradict each other',
      inOrder([event('old', ['90', '91'], { sourceTsUs: 5 })], [event('new', ['40', '41'], { sourceTsUs: 6 })]),
      'new, old?',
    ],
    [
      "a snapshot's time is none of a commit",
      inOrder([event('r', [null, '9'], { op: 'r', sourceTsUs: 9 })], [a]),
      'r, a',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('however a history is dealt out to partitions and delivered again', () => {
  it('it comes back in commit order, each commit once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.nat(11), fc.nat(3)), { maxLength: 5 }),
        (parts, repeats) => {
          const history = parts.map((_, i) =>
            event(String(i), [String(10 * i + 5), String(10 * i + 7)], { sourceTsUs: i }),
          );
          const partitions: Named[][] = [[], [], [], []];
          for (const [i, part] of parts.entries()) partitions[part]?.push(history[i] ?? a);
          for (const [i, part] of repeats) {
            const again = history[i];
            // Its own partition knows a repeat by itself.
            if (again !== undefined) partitions[part]?.push({ ...again, repeat: parts[i] === part });
          }
          const { events, ordered } = inCommitOrder(partitions);
          expect(ordered).toBe(true);
          const once = events.filter(({ repeat }) => !repeat).map(({ name }) => name);
          expect(once).toEqual(history.map(({ name }) => name));
        },
      ),
    );
  });
});
