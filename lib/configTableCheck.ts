import type { CrossProblem } from './configCrossProblem.ts';
import type { ParsedTable } from './configSchema.ts';

/** What the fields of one table can't know of each other; paths begin at the table. */
export function tableProblems(table: ParsedTable, databases: readonly string[]): CrossProblem[] {
  const mapped = Object.keys(table.columns);
  const problem = (field: string, name: string, index: number, expected: string): CrossProblem => ({
    path: [field, index],
    found: name,
    expected,
  });
  return [
    ...(['source', 'target'] as const)
      .filter((side) => !databases.includes(table[side].database))
      .map((side) => ({
        path: [side, 'database'],
        found: table[side].database,
        expected: `one of the databases declared above (${databases.join(', ') || 'none is'})`,
      })),
    ...(table.source.key.length === table.target.key.length
      ? []
      : [
          {
            path: ['target', 'key'],
            found: `${table.target.key.length} columns`,
            expected: `as many as the source's key has (${table.source.key.length})`,
          },
        ]),
    ...table.masked.flatMap((name, index) => {
      // Its text is in every list, address and log that names the row.
      if (table.source.key.includes(name)) {
        return [problem('masked', name, index, 'no column of the key, by which a row is named wherever it is shown')];
      }
      if (mapped.includes(name)) return [];
      return [problem('masked', name, index, `the name of a mapped column: ${mapped.join(', ')}`)];
    }),
    ...table.ignore.flatMap((name, index) => {
      if (!mapped.includes(name) && !table.source.key.includes(name)) return [];
      return [problem('ignore', name, index, 'a source column that is neither mapped nor of the key')];
    }),
  ];
}
