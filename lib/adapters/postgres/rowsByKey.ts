import pg from 'pg';
import { z } from 'zod';
import { keyText } from '../../core/consistency/keyText.ts';
import type { RowImage } from '../../core/consistency/row.ts';
import type { VersionedRows } from '../../ports/versionedRows.ts';
import { columnOf } from './columnPlan.ts';
import { keyJoin } from './keyJoin.ts';
import type { RowQuery } from './sourceDatabase.ts';
import { keyTexts, Parameters, type SidePlan } from './tablePlan.ts';

const Texts = z.array(z.string().nullable());
const Found = z.object({ key: z.array(z.string()), tokens: Texts, texts: Texts, version: z.string().nullable() });
type Found = z.infer<typeof Found>;

/**
 * Rows by key text with the version of each key. A version is made of the ids of the transactions that wrote the rows:
 * any UPDATE changes it, and nothing else does but a rewrite of the table by an extension. Relations that have no such
 * ids (views, foreign tables) have their values for a version.
 */
export async function readVersionedRows(
  query: RowQuery,
  plan: SidePlan,
  keys: readonly string[],
): Promise<ReadonlyMap<string, VersionedRows>> {
  const stored = await isStored(query, plan);
  const own = plan.key.map(({ name }) => `b.${pg.escapeIdentifier(name)} = ${columnOf(name)}`).join(' and ');
  const table = `${pg.escapeIdentifier(plan.schema)}.${pg.escapeIdentifier(plan.table)}`;
  const version = stored
    ? `(select string_agg(b.xmin::text, ',' order by b.xmin::text) from ${table} b where ${own})`
    : 'null::text';
  const found = new Map<string, { rows: RowImage[]; version: string }>();
  for (const row of await rowsByKey(query, plan, keys, version)) {
    const name = keyText(row.key);
    const entry = found.get(name) ?? { rows: [], version: '' };
    entry.rows.push({ tokens: row.tokens, texts: row.texts, copies: 1 });
    entry.version =
      row.version ??
      entry.rows
        .map(({ tokens }) => JSON.stringify(tokens))
        .toSorted()
        .join();
    found.set(name, entry);
  }
  return found;
}

async function isStored(query: RowQuery, plan: SidePlan): Promise<boolean> {
  const [kind] = await query(
    z.object({ stored: z.boolean() }),
    `select c.relkind in ('r', 'p', 'm') as stored from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2`,
    [plan.schema, plan.table],
  );
  return kind?.stored ?? false;
}

function rowsByKey(query: RowQuery, plan: SidePlan, keys: readonly string[], version: string): Promise<Found[]> {
  const parameters = new Parameters();
  const joined = keyJoin(plan, keys, parameters);
  const tokens = plan.columns.map((column) => column.token(columnOf(column.name)));
  const texts = plan.columns.map((column) => `${columnOf(column.name)}::text`);
  return query(
    Found,
    `select ${keyTexts(plan)} as key, array[${tokens.join(', ')}]::text[] as tokens,
            array[${texts.join(', ')}]::text[] as texts, ${version} as version
     from ${joined}`,
    parameters.values,
  );
}
