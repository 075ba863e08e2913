import { z } from 'zod';
import type { Row } from '../../core/consistency/row.ts';
import { BanyanError } from '../../errors.ts';
import type { SourceDatabase } from './sourceDatabase.ts';
import { Parameters, type SidePlan } from './tablePlan.ts';

const Texts = z.array(z.string().nullable());
const Image = z.object({ tokens: Texts, texts: Texts });
const UNAVAILABLE = '__debezium_unavailable_value';

/**
 * After-images of change events as rows, through the column types of one side, so that they compare with rows that were
 * read: a capture writes times and decimals in another form than PostgreSQL does. `unavailable` where the event does
 * not carry a column, or in a form that can't be told from another value.
 */
export async function readImages(
  database: SourceDatabase,
  plan: SidePlan,
  after: readonly (string | null)[],
): Promise<readonly (Row | 'unavailable')[]> {
  const values = after.map((image) => (image === null ? null : columnTexts(plan, image)));
  const known = values.flatMap((value) => (value === null || value === 'unavailable' ? [] : [value]));
  const rows = await castAll(database, plan, known);
  let at = 0;
  return values.map((value) => {
    if (value === null || value === 'unavailable') return value;
    const row = rows[at] ?? 'unavailable';
    at += 1;
    return row;
  });
}

async function castAll(
  database: SourceDatabase,
  plan: SidePlan,
  values: readonly (readonly (string | null)[])[],
): Promise<readonly (Row | 'unavailable')[]> {
  if (values.length === 0) return [];
  try {
    return await cast(database, plan, values);
  } catch (error) {
    if (!(error instanceof BanyanError) || error.code !== 'bad_config') throw error;
    if (values.length === 1) return ['unavailable'];
    // One text that its type refuses must not hide the others.
    const half = Math.ceil(values.length / 2);
    return [
      ...(await castAll(database, plan, values.slice(0, half))),
      ...(await castAll(database, plan, values.slice(half))),
    ];
  }
}

async function cast(database: SourceDatabase, plan: SidePlan, values: readonly (readonly (string | null)[])[]) {
  const parameters = new Parameters();
  const arrays = plan.columns.map((_, i) => `${parameters.add(values.map((value) => value[i] ?? null))}::text[]`);
  const typed = plan.columns.map((column, i) => `(u.c${i})::${column.type}`);
  const rows = await database.query(
    Image,
    `select array[${plan.columns.map((column, i) => column.token(typed[i] ?? '')).join(', ')}]::text[] as tokens,
            array[${typed.map((value) => `${value}::text`).join(', ')}]::text[] as texts
     from unnest(${arrays.join(', ')}) with ordinality u(${plan.columns.map((_, i) => `c${i}`).join(', ')}, at) order by at`,
    parameters.values,
  );
  return rows.map((row) => ({ ...row, copies: 1 }));
}

function columnTexts(plan: SidePlan, image: string): readonly (string | null)[] | 'unavailable' {
  let parsed: unknown;
  try {
    parsed = JSON.parse(image);
  } catch {
    return 'unavailable';
  }
  if (typeof parsed !== 'object' || parsed === null) return 'unavailable';
  const byName = new Map<string, unknown>(Object.entries(parsed));
  const texts: (string | null)[] = [];
  for (const column of plan.columns) {
    const value = byName.get(column.name);
    if (value === undefined || value === UNAVAILABLE) return 'unavailable';
    // Base64 and JSON arrays are no PostgreSQL texts; a numeric NaN is captured as null.
    if (column.base === 'bytea' || column.category === 'A' || typeof value === 'object') {
      if (value !== null || column.base === 'numeric') return 'unavailable';
    }
    if (typeof value === 'number' && !Number.isSafeInteger(value)) return 'unavailable';
    texts.push(value === null ? null : String(value));
  }
  return texts;
}
