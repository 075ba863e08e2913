import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeProblems, parseConfig } from './config.ts';
import { migrationOf } from './migrationOf.ts';

const example = readFileSync(new URL('../banyan.example.yaml', import.meta.url), 'utf8');

function problemsIn(text: string) {
  const result = parseConfig(text, {});
  return 'problems' in result ? result.problems : [];
}

const edited = (from: string, to: string): string => {
  expect(example).toContain(from);
  return example.replace(from, to);
};

describe('an invariant', () => {
  const withParts = (parts: string, rest = 'equals: unchanged') =>
    edited(
      '    criteria: #',
      `    invariants: [{ id: stock, title: Stock, parts: ${parts}, ${rest} }]\n    criteria: #`,
    );
  const both = `[{ database: monolith, sql: select 1 }, { database: inventory, sql: select 2, sign: -1 }]`;

  it('reads every mapped table of its database unless told', () => {
    const result = parseConfig(withParts(both, 'equals: 12.50, tolerance: "0.01"'), {});
    if ('problems' in result) throw new Error(describeProblems('banyan.example.yaml', result.problems));
    expect(migrationOf(result.settings).contexts[0]?.invariants).toMatchObject([
      {
        equals: '12.5',
        tolerance: '0.01',
        parts: [
          { tables: ['inventory'], sign: 1 },
          { tables: ['inventory'], sign: -1 },
        ],
      },
    ]);
  });

  it.each([
    ['an unknown database', '[{ database: shop, sql: select 1 }]', /one of the databases declared above/],
    [
      'an unknown table',
      '[{ database: monolith, sql: select 1, tables: [x] }]',
      /a mapped table of monolith: inventory/,
    ],
    [
      'two databases and nothing between them',
      '[{ database: monolith, sql: select 1, tables: [] }, { database: inventory, sql: select 2, tables: [] }]',
      /a part that reads a mapped table which follows the other database/,
    ],
  ])('is refused for %s', (_, parts, expected) => {
    expect(problemsIn(withParts(parts)).map((problem) => problem.expected)).toEqual([expect.stringMatching(expected)]);
  });

  it.each(['equals: soon', 'equals: NaN', 'equals: 0, tolerance: few'])('is refused for %s', (rest) => {
    expect(problemsIn(withParts(both, rest))).toHaveLength(1);
  });
});
