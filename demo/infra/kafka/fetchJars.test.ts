import { describe, expect, it } from 'vitest';
import { compareWithLock, parseLock } from './fetchJars.ts';

const lock = parseLock('aa  lib/one.jar\nbb  plugins/debezium/two.jar\n');

describe('the lock of the jars', () => {
  it('is read from the format of sha256sum', () => {
    expect([...lock]).toEqual([
      ['lib/one.jar', 'aa'],
      ['plugins/debezium/two.jar', 'bb'],
    ]);
  });

  const cases: readonly [string, Readonly<Record<string, string>>, string[]][] = [
    ['is satisfied by exactly its jars', { 'lib/one.jar': 'aa', 'plugins/debezium/two.jar': 'bb' }, []],
    ['names a jar that is missing', { 'lib/one.jar': 'aa' }, ['plugins/debezium/two.jar is missing']],
    [
      'names a jar with other bytes',
      { 'lib/one.jar': 'ax', 'plugins/debezium/two.jar': 'bb' },
      ['lib/one.jar has sha256 ax, the lock says aa'],
    ],
    [
      'names a jar that nobody asked for',
      { 'lib/one.jar': 'aa', 'plugins/debezium/two.jar': 'bb', 'lib/evil.jar': 'cc' },
      ['lib/evil.jar is not in the lock'],
    ],
  ];
  it.each(cases)('%s', (_name, found, problems) => {
    expect(compareWithLock(new Map(Object.entries(found)), lock)).toEqual(problems);
  });
});
