import type { SqlExpression, TableMapping } from './definition.ts';

/** Columns, each once, that a change event of the side must carry to be compared: mapped ones and those of expressions. */
export function imageColumns(mapping: TableMapping, side: 'source' | 'target'): readonly string[] {
  const { columns, filter } = mapping;
  const used = columns.flatMap(({ from, to, fromSql, toSql }) =>
    side === 'source' ? read(from, fromSql) : read(to, toSql),
  );
  return [...new Set([...used, ...(filter?.[side]?.columns ?? [])])];
}

function read(name: string, expression: SqlExpression | undefined): readonly string[] {
  return expression?.columns ?? [name];
}
