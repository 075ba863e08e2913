import { describe, expect, it } from 'vitest';
import { javaMajor } from './requireJava.ts';

describe('the major version of Java', () => {
  const cases: readonly [string, number | undefined][] = [
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['openjdk version "21" 2023-09-19', 21],
    ['java version "1.8.0_402"', 8],
    ['java: command not found', undefined],
    ['', undefined],
  ];
  it.each(cases)('of %j is %s', (text, major) => {
    expect(javaMajor(text)).toBe(major);
  });
});
