import type { TableMapping } from '../../core/migration/definition.ts';
import { imageColumns } from '../../core/migration/imageColumns.ts';
import type { CatalogueTable } from './catalogue.ts';
import type { KeyColumn } from './keyPlan.ts';
import type { MappingFinding } from './mappingFinding.ts';

export interface InspectedTable {
  readonly mapping: TableMapping;
  readonly source: CatalogueTable;
  readonly target: CatalogueTable;
  readonly keys: readonly { readonly source: KeyColumn }[];
  /** server_encoding of source and target. */
  readonly encodings: readonly [string, string];
}

/** What a mapping leaves out, and what its keys can't do. */
export function tableFindings({ mapping, source, target, keys, encodings }: InspectedTable): readonly MappingFinding[] {
  return [
    ...unmapped(mapping, source),
    ...ignoredUnknown(mapping, source),
    ...repeatable(mapping, source, 'source'),
    ...repeatable(mapping, target, 'target'),
    ...keys.flatMap(({ source: { name, sql } }): MappingFinding[] => {
      if (sql.cast !== 'text' || encodings[0] === encodings[1]) return [];
      return [
        {
          column: name,
          severity: 'refused',
          reason: `the databases are encoded in ${encodings.join(' and ')}, which order texts in two ways`,
          fix: 'name a key that is not text',
        },
      ];
    }),
  ];
}

function unmapped(mapping: TableMapping, source: CatalogueTable): readonly MappingFinding[] {
  const used = new Set([...mapping.source.key, ...imageColumns(mapping, 'source'), ...(mapping.ignore ?? [])]);
  return source.columns
    .filter(({ name }) => !used.has(name))
    .map(({ name }) => ({
      column: name,
      severity: 'flagged',
      reason: 'it is not compared',
      fix: `map it in \`columns\`, or name it in \`ignore\``,
    }));
}

function ignoredUnknown(mapping: TableMapping, source: CatalogueTable): readonly MappingFinding[] {
  const names = source.columns.map(({ name }) => name);
  return (mapping.ignore ?? [])
    .filter((name) => !names.includes(name))
    .map((name) => ({
      column: name,
      severity: 'flagged',
      reason: `it is ignored, and ${source.schema}.${source.table} has no such column`,
      fix: 'take it out of `ignore`',
    }));
}

function repeatable(
  mapping: TableMapping,
  table: CatalogueTable,
  side: 'source' | 'target',
): readonly MappingFinding[] {
  const { key } = mapping[side];
  if (table.uniqueKeys.some(({ columns }) => columns.every((name) => key.includes(name)))) return [];
  const place = `${table.schema}.${table.table}`;
  return [
    {
      column: null,
      // On the target a second row of a key is something to find; on the source no event would tell the two apart.
      severity: side === 'source' ? 'refused' : 'flagged',
      reason: `nothing keeps ${key.join(', ')} unique in ${place} of the ${side}`,
      fix: `name its primary key, or add one: alter table ${place} add primary key (${key.join(', ')})`,
    },
  ];
}
