import pg from 'pg';
import type { CatalogueTable } from './catalogue.ts';
import { isIndexed, type KeyColumn } from './keyPlan.ts';
import type { MappingFinding } from './mappingFinding.ts';

/** Kinds of relation on which an index can be made while it is written; on a partitioned table only without. */
const INDEXABLE: Readonly<Record<string, string>> = { r: 'concurrently ', m: 'concurrently ', p: '' };

/** What to know of a side whose every range is found by a scan of its whole table; none where an index keeps the keys. */
export function keyScans(
  side: 'source' | 'target',
  keys: readonly KeyColumn[],
  table: CatalogueTable,
): readonly MappingFinding[] {
  if (isIndexed(keys, table)) return [];
  const place = [table.schema, table.table].map((name) => pg.escapeIdentifier(name)).join('.');
  const columns = keys.map(
    ({ name, sql }) => `${pg.escapeIdentifier(name)}${sql.by === 'bytes' ? ' collate "C"' : ''}`,
  );
  const made = INDEXABLE[table.kind];
  const canBeMade = made !== undefined && keys.every(({ sql }) => sql.by !== 'expression');
  const names = keys.map(({ name }) => name).join(', ');
  return [
    {
      column: null,
      severity: 'flagged',
      reason: `no index of ${table.schema}.${table.table} on the ${side} keeps ${names} in the order that both sides have in common: each range is found by a scan of the whole table, at the cost of that database`,
      fix: canBeMade
        ? `create index ${made}on ${place} (${columns.join(', ')});`
        : 'declare the key with one type on both sides, and index it',
    },
  ];
}
