import { z } from 'zod';
import { keyText } from '../../core/consistency/keyText.ts';
import type { RowImage } from '../../core/consistency/row.ts';
import type { KeyRead, RowForm } from '../../ports/keyReader.ts';
import { columnOf } from './columnPlan.ts';
import { keyJoin } from './keyJoin.ts';
import type { TextQuery } from './sourceDatabase.ts';
import { Parameters, type SidePlan, tableOf } from './tablePlan.ts';

/** The configured query of an applier's position: it returns (partition, next_offset) for $1 = topic. */
export interface AppliedQuery {
  readonly sql: string;
  readonly topic: string;
}

const Positions = z.array(z.tuple([z.coerce.number(), z.string().transform(BigInt)])).nullable();

/** The first column of the one line that tells of the snapshot, and is null in those of rows. */
const SNAPSHOT = 0;
const APPLIED = 1;
const WRITTEN_BY = 2;
const KEY = 3;

/** Rows by key and, of the same snapshot, that snapshot and the applied position: one statement. */
export async function readKeyRows(
  texts: TextQuery,
  plan: SidePlan,
  keys: readonly string[],
  form: RowForm,
  applied: AppliedQuery | null,
): Promise<Omit<KeyRead, 'lsn' | 'owners'>> {
  const parameters = new Parameters();
  // The first parameter is the configured query's own $1.
  if (applied !== null) parameters.add(applied.topic);
  const isHashed = form === 'hashes' && plan.hashing === 'native';
  const tokenTexts = tokensOf(plan).map((token) => `(${token})::text`);
  const tokensSql = isHashed ? [hashOf(tokenTexts)] : tokenTexts;
  const apart = isHashed ? [] : shownApart(plan);
  const found = await texts(
    rowsSql(plan, keys, parameters, [...tokensSql, ...apart.map(({ sql }) => sql)], applied),
    parameters.values,
  );
  const [firstToken, columns] = [KEY + plan.key.length, tokensSql.length];
  const rows = new Map<string, RowImage>();
  const writtenBy = new Map<string, bigint>();
  let head: readonly (string | null)[] = [];
  for (const line of found) {
    if (line[SNAPSHOT] !== null) {
      head = line;
      continue;
    }
    const name = nameOf(line.slice(KEY, firstToken));
    const tokens = line.slice(firstToken, firstToken + columns);
    const before = rows.get(name);
    rows.set(name, {
      tokens,
      texts: apart.length === 0 ? tokens : shownTexts(tokens, apart, line, firstToken + columns),
      copies: before === undefined ? 1 : before.copies + 1,
    });
    const writer = line[WRITTEN_BY] ?? null;
    if (writer !== null) writtenBy.set(name, BigInt(writer));
  }
  const positions = Positions.parse(JSON.parse(head[APPLIED] ?? 'null'));
  return {
    rows,
    writtenBy,
    snapshot: head[SNAPSHOT] ?? '',
    applied: applied === null ? null : new Map(positions ?? []),
  };
}

/** No key is null: it is equal to one that was asked for. */
function nameOf(values: readonly (string | null)[]): string {
  return keyText(values.map((value) => value ?? ''));
}

function tokensOf(plan: SidePlan): readonly string[] {
  return plan.columns.map((column) => column.token(columnOf(column.name)));
}

/**
 * One 64-bit hash of all that is compared, by its texts: alike where they are, and else by chance alone, once in 2^64. The
 * hash of a sweep's rows costs less, but two times are one to it once in 2^32.
 */
function hashOf(texts: readonly string[]): string {
  return `hashtextextended(row(${texts.join(', ')})::text collate "C", 0)::text`;
}

/** What is shown of a column is sent beside what is compared only where the two differ. */
interface ShownApart {
  readonly at: number;
  readonly sql: string;
}

function shownApart(plan: SidePlan): readonly ShownApart[] {
  const tokens = tokensOf(plan);
  return plan.columns.flatMap(({ name }, at) => {
    const sql = `(${columnOf(name)})::text`;
    return sql === tokens[at] ? [] : [{ at, sql }];
  });
}

function shownTexts(
  tokens: readonly (string | null)[],
  apart: readonly ShownApart[],
  line: readonly (string | null)[],
  from: number,
): readonly (string | null)[] {
  const texts = [...tokens];
  for (const [i, { at }] of apart.entries()) texts[at] = line[from + i] ?? null;
  return texts;
}

function rowsSql(
  plan: SidePlan,
  keys: readonly string[],
  parameters: Parameters,
  ofRow: readonly string[],
  applied: AppliedQuery | null,
): string {
  const joined = keyJoin(plan, keys, parameters);
  // A derived or filtered side is a subquery, which has no system columns.
  const writtenBy = tableOf(plan).startsWith('(') ? 'null' : 't.xmin::text';
  const values = [...plan.key.map(({ name, sql }) => sql.text(columnOf(name))), ...ofRow];
  const position =
    applied === null
      ? 'null'
      : `(select json_agg(json_build_array(a.partition, a.next_offset::text)) from (${applied.sql.replace(/;\s*$/, '')}\n) a)::text`;
  return `select pg_current_snapshot()::text, ${position}, null::text${', null::text'.repeat(values.length)}
    union all select null, null, ${writtenBy}, ${values.join(', ')} from ${joined}`;
}
