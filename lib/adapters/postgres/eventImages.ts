import pg from 'pg';
import { z } from 'zod';
import type { Row } from '../../core/consistency/row.ts';
import { BanyanError } from '../../errors.ts';
import { columnOf } from './columnPlan.ts';
import { capturedValue, UNKNOWN } from './eventValue.ts';
import type { SourceDatabase } from './sourceDatabase.ts';
import { mappedRows, Parameters, type SidePlan } from './tablePlan.ts';

const Texts = z.array(z.string().nullable());
const Image = z.object({ at: z.coerce.number(), tokens: Texts, texts: Texts });
type Values = readonly (string | null)[];

/**
 * After-images of change events as rows, through the column types and expressions of one side, so that they compare
 * with rows that were read. Null for a delete, and for a row that the side's filter leaves out. `unavailable` where the
 * event does not carry a column, or in a form that can't be told from another value.
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
    const row = rows[at] ?? null;
    at += 1;
    return row;
  });
}

async function castAll(
  database: SourceDatabase,
  plan: SidePlan,
  values: readonly Values[],
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

async function cast(database: SourceDatabase, plan: SidePlan, values: readonly Values[]): Promise<readonly Row[]> {
  const parameters = new Parameters();
  // The ordinality too is a column of the relation, under a name that no table has by accident.
  const place = pg.escapeIdentifier('banyan:at');
  const arrays = plan.carried.map((_, i) => `${parameters.add(values.map((value) => value[i] ?? null))}::text[]`);
  const typed = plan.carried.map(({ name, type }, i) => `(u.c${i})::${type} as ${pg.escapeIdentifier(name)}`);
  const names = plan.carried.map((_, i) => `c${i}`);
  const rows = (alias: string) =>
    `(select u.at as ${place}, ${typed.join(', ')} from unnest(${arrays.join(', ')}) with ordinality u(${[...names, 'at'].join(', ')})) ${alias}`;
  const tokens = plan.columns.map((column) => column.token(columnOf(column.name)));
  const texts = plan.columns.map((column) => `${columnOf(column.name)}::text`);
  const found = await database.query(
    Image,
    `select t.${place} as at, array[${tokens.join(', ')}]::text[] as tokens, array[${texts.join(', ')}]::text[] as texts
     from ${mappedRows(plan, rows)}`,
    parameters.values,
  );
  const byPlace = new Map(found.map(({ at, tokens, texts }) => [at, { tokens, texts, copies: 1 }]));
  return values.map((_, i) => byPlace.get(i + 1) ?? null);
}

function columnTexts(plan: SidePlan, image: string): Values | 'unavailable' {
  let parsed: unknown;
  try {
    parsed = JSON.parse(image);
  } catch {
    return 'unavailable';
  }
  if (typeof parsed !== 'object' || parsed === null) return 'unavailable';
  const byName = new Map<string, unknown>(Object.entries(parsed));
  const texts: (string | null)[] = [];
  for (const column of plan.carried) {
    const value = textOf(byName.get(column.name));
    const captured = value === undefined ? UNKNOWN : capturedValue(column, value, plan.capture);
    if (captured === UNKNOWN) return 'unavailable';
    texts.push(captured);
  }
  return texts;
}

/** An image holds texts; a bare number is taken only where JSON kept its digits. */
function textOf(value: unknown): string | null | undefined {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined;
}
