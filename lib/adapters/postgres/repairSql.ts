import pg from 'pg';
import { z } from 'zod';
import { keyText } from '../../core/consistency/keyText.ts';
import type { TableMapping } from '../../core/migration/definition.ts';
import { columnOf } from './columnPlan.ts';
import { keyJoin } from './keyJoin.ts';
import { planTable, type TablePlan } from './planTable.ts';
import { type SourceDatabase, TEXT_SETTINGS } from './sourceDatabase.ts';
import { keyTexts, listedHash, Parameters, type SidePlan } from './tablePlan.ts';

const Found = z.object({
  key: z.array(z.string()),
  hash: z.string(),
  texts: z.array(z.string().nullable()),
});

/** A row as it was read for the statement that mends it. */
interface SeenRow {
  /** Of the compared columns, as the verifier lists it. */
  readonly hash: string;
  /** Of the compared columns, in mapped order. */
  readonly texts: readonly (string | null)[];
  /** Of the key columns, as PostgreSQL writes them. */
  readonly keys: readonly string[];
  readonly copies: number;
}

/**
 * Statements that make the target's rows like the source's, one a key: each changes its row only if that is still the
 * row that was read here, so that one that has been mended or written meanwhile is left alone. Nothing is run.
 * @returns lines of SQL, comments for keys that need a person among them; none if no key is to be mended
 * @throws BanyanError of the databases
 */
export async function repairStatements(
  mapping: TableMapping,
  from: SourceDatabase,
  to: SourceDatabase,
  keys: readonly string[],
): Promise<readonly string[]> {
  if (keys.length === 0) return [];
  const plan = await planTable(mapping, from, to);
  // The target first: a source row that is newer than the target's is never older than what the target should hold.
  const target = await seenRows(to, plan.target, keys);
  const source = await seenRows(from, plan.source, keys);
  return [
    `-- ${mapping.id}: ${mapping.target.schema}.${mapping.target.table} in database ${mapping.target.database}, ${keys.length} keys.`,
    '-- The source is taken for right. Each statement changes one row, and only the row that was seen.',
    ...(mapping.reverse === undefined
      ? []
      : [
          '-- Both sides write this table: take out the keys that the target owns, their rows here are the right ones.',
        ]),
    'begin;',
    ...Object.entries(TEXT_SETTINGS).map(([name, value]) => `set local ${name} = ${pg.escapeLiteral(value)};`),
    ...keys.map((key) => repairOf(mapping, plan, key, source.get(key) ?? null, target.get(key) ?? null)),
    'commit;',
  ];
}

function repairOf(
  mapping: TableMapping,
  plan: TablePlan,
  key: string,
  source: SeenRow | null,
  target: SeenRow | null,
): string {
  const named = JSON.stringify(key);
  if (source === null && target === null) return `-- key ${named}: no row on either side any more`;
  if (source?.hash === target?.hash) return `-- key ${named}: the rows are the same now`;
  if ((source?.copies ?? 1) > 1 || (target?.copies ?? 1) > 1)
    return `-- key ${named}: several rows have it; mend by hand`;
  const derived = plan.target.columns.filter((column) => column.derived).map((column) => column.name);
  if (derived.length > 0) return `-- key ${named}: the target's ${derived.join(', ')} is derived; mend by hand`;
  const table = `${pg.escapeIdentifier(plan.target.schema)}.${pg.escapeIdentifier(plan.target.table)}`;
  const unchanged =
    target === null
      ? ''
      : `${keyIs(plan.target, target)} and ${listedHash(plan.target)} = ${pg.escapeLiteral(target.hash)}`;
  if (source === null) return `delete from ${table} t where ${unchanged};`;
  const columns = mapping.columns.map((column, i) => ({
    name: pg.escapeIdentifier(column.to),
    value: literal(source.texts[i] ?? null, plan.target.columns[i]?.type ?? 'text'),
  }));
  if (target !== null) {
    return `update ${table} t set ${columns.map(({ name, value }) => `${name} = ${value}`).join(', ')} where ${unchanged};`;
  }
  const keyColumns = plan.target.key.map(({ name }, i) => ({
    name: pg.escapeIdentifier(name),
    value: literal(source.keys[i] ?? null, plan.target.key[i]?.sql.cast ?? 'text'),
  }));
  const all = [...keyColumns, ...columns];
  return `insert into ${table} (${all.map(({ name }) => name).join(', ')}) select ${all
    .map(({ value }) => value)
    .join(', ')} where not exists (select from ${table} t where ${keyIs(plan.target, source)}) on conflict do nothing;`;
}

/** The target's own key columns, so that its index serves; a row of that key is the one or is none. */
function keyIs(plan: SidePlan, { keys }: SeenRow): string {
  return plan.key
    .map(({ name, sql }, i) =>
      sql.by === 'column'
        ? `${columnOf(name)} = ${literal(keys[i] ?? null, sql.cast)}`
        : `${sql.text(columnOf(name))} = ${pg.escapeLiteral(keys[i] ?? '')}`,
    )
    .join(' and ');
}

const literal = (text: string | null, type: string): string =>
  text === null ? 'null' : `${pg.escapeLiteral(text)}::${type}`;

async function seenRows(
  database: SourceDatabase,
  plan: SidePlan,
  keys: readonly string[],
): Promise<ReadonlyMap<string, SeenRow>> {
  const parameters = new Parameters();
  const joined = keyJoin(plan, keys, parameters);
  const texts = plan.columns.map((column) => `(${columnOf(column.name)})::text`).join(', ');
  const rows = await database.query(
    Found,
    `select ${keyTexts(plan)} as key, ${listedHash(plan)} as hash, array[${texts}]::text[] as texts
     from ${joined}`,
    parameters.values,
  );
  const seen = new Map<string, SeenRow>();
  for (const { key, hash, texts: shown } of rows) {
    const name = keyText(key);
    seen.set(name, { hash, texts: shown, keys: key, copies: (seen.get(name)?.copies ?? 0) + 1 });
  }
  return seen;
}
