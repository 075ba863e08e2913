import type { CrossProblem } from './configCrossProblem.ts';
import type { ParsedContext } from './configSchema.ts';

type ParsedInvariant = ParsedContext['invariants'][number];

/** What the parts of an invariant can't know of the rest of the configuration; paths begin at the invariant. */
export function invariantProblems(
  invariant: ParsedInvariant,
  tables: ParsedContext['tables'],
  databases: readonly string[],
): CrossProblem[] {
  const used = [...new Set(invariant.parts.map((part) => part.database))];
  return [
    ...invariant.parts.flatMap(({ database, tables: named = [] }, p): CrossProblem[] => {
      if (!databases.includes(database)) {
        const expected = `one of the databases declared above (${databases.join(', ') || 'none is'})`;
        return [{ path: ['parts', p, 'database'], found: database, expected }];
      }
      const mapped = tables.filter((table) => [table.source.database, table.target.database].includes(database));
      return named.flatMap((name, t) => {
        if (mapped.some((table) => table.id === name)) return [];
        const expected = `a mapped table of ${database}: ${mapped.map((table) => table.id).join(', ') || 'it has none'}`;
        return [{ path: ['parts', p, 'tables', t], found: name, expected }];
      });
    }),
    ...(used.length > 2
      ? [
          {
            path: ['parts'],
            found: `${used.length} databases`,
            expected: 'one database or two: no cut of more is known',
          },
        ]
      : []),
    ...(used.length === 2 && !hasLink(invariant, tables, used)
      ? [
          {
            path: ['parts'],
            found: `${used.join(' and ')} without a table between them`,
            expected: 'a part that reads a mapped table which follows the other database',
          },
        ]
      : []),
  ];
}

/** True if a part reads a mapped table that follows the other database: only its changes tell which reads are at one cut. */
function hasLink(invariant: ParsedInvariant, tables: ParsedContext['tables'], used: readonly string[]): boolean {
  return invariant.parts.some((part) => {
    const [other] = used.filter((database) => database !== part.database);
    return tables.some(({ id, source, target, reverse }) => {
      if (part.tables !== undefined && !part.tables.includes(id)) return false;
      const follows = target.database === part.database && source.database === other;
      const followsBack = reverse !== undefined && source.database === part.database && target.database === other;
      return follows || followsBack;
    });
  });
}
