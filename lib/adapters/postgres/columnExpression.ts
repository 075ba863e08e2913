import pg from 'pg';
import { z } from 'zod';
import type { SqlExpression } from '../../core/migration/definition.ts';
import { BanyanError } from '../../errors.ts';
import type { CatalogueColumn } from './catalogue.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

/** SQL of a lateral relation `alias` with the expression over columns of relation `b` as its one column, `name`. */
export function lateralValue({ sql, columns }: SqlExpression, name: string, alias: string): string {
  const inputs = columns.map((column) => `b.${pg.escapeIdentifier(column)}`).join(', ');
  // On lines of its own, so that a comment at the expression's end ends there.
  return `cross join lateral (select (\n${sql}\n) as ${pg.escapeIdentifier(name)} from (select ${inputs}) t) ${alias}`;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly Output?: readonly string[] | undefined;
  readonly Plans?: readonly PlanNode[] | undefined;
}
const PlanNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.object({
    'Node Type': z.string(),
    Output: z.array(z.string()).optional(),
    Plans: z.array(PlanNode).optional(),
  }),
);
const Explained = z.object({ 'QUERY PLAN': z.array(z.object({ Plan: PlanNode })) });

/** What stands for the time, the session or its user: no two reads need agree on it. */
const SESSION_WORDS =
  /\b(CURRENT_DATE|CURRENT_TIME|CURRENT_TIMESTAMP|LOCALTIME|LOCALTIMESTAMP|CURRENT_USER|CURRENT_ROLE|SESSION_USER|SYSTEM_USER|USER|CURRENT_CATALOG|CURRENT_SCHEMA)\b/;
const CLOCK_LITERAL = /'\s*(now|today|tomorrow|yesterday)\s*'/i;
const STRINGS = /'(?:[^']|'')*'/g;

/** Functions called by name that read the clock or the session, though they are not volatile. */
const UNSTEADY = `
  select distinct proname::text as name from pg_proc
  where proname = any($1) and (proname = 'current_setting' or (provolatile <> 'i' and pronargs = 0)
    or (proname = 'age' and $2))`;

/**
 * Prepares an expression over columns of its table, without reading a row.
 * @returns the name of its type
 * @throws BanyanError `bad_config` if it is no single deterministic value of those columns
 */
export async function expressionType(
  database: SourceDatabase,
  place: string,
  expression: SqlExpression,
  inputs: readonly CatalogueColumn[],
): Promise<string> {
  const refused = (why: string, fix: string, cause?: unknown) =>
    new BanyanError('bad_config', `${place}: the expression ${expression.sql} ${why}`, { fix, cause });
  const typed = inputs.map(({ name, type }) => `null::${type} as ${pg.escapeIdentifier(name)}`).join(', ');
  let type: string | undefined;
  let plan: PlanNode | undefined;
  try {
    const types = z.object({ type: z.string() });
    const row = `(select ${typed}) b ${lateralValue(expression, 'value', 'd')}`;
    [{ type } = { type: undefined }] = await database.query(
      types,
      `select pg_typeof((select d.value from ${row} where false))::text as type`,
    );
    // `offset 0` keeps the NULLs from being folded into the expression.
    const [explained] = await database.query(
      Explained,
      `explain (verbose, costs off, format json)
       select d.value from (select ${typed} from generate_series(1, 1) offset 0) b ${lateralValue(expression, 'value', 'd')}`,
    );
    plan = explained?.['QUERY PLAN'][0]?.Plan;
  } catch (error) {
    if (!(error instanceof BanyanError) || error.code === 'unavailable') throw error;
    throw refused(`is not valid: ${error.message}`, fixOf(error.message), error);
  }
  if (type === undefined || plan === undefined) throw new BanyanError('internal', `${place}: PostgreSQL gave no plan`);
  if (type === 'record') throw refused('is not valid: it is several values', fixOf(''));
  const nodes = nodesOf(plan).join(' > ');
  if (nodes !== 'Subquery Scan > Function Scan') {
    throw refused(
      'is volatile, or reads, groups or returns several rows',
      'use immutable functions of the columns that it names, without a subquery or an aggregate',
    );
  }
  const unsteady = await unsteadyPart(database, expression.sql, plan.Output?.[0] ?? '');
  if (unsteady !== null) {
    throw refused(
      `depends on the time or the session (${unsteady}), so that two reads of one row differ`,
      'use columns and constants only',
    );
  }
  return type;
}

/** The first thing in an expression that reads the clock or the session, or null. */
async function unsteadyPart(database: SourceDatabase, written: string, parsed: string): Promise<string | null> {
  const literal = CLOCK_LITERAL.exec(written)?.[0];
  if (literal !== undefined) return literal;
  const code = parsed.replace(STRINGS, "''");
  const word = SESSION_WORDS.exec(code)?.[0];
  if (word !== undefined) return word;
  const called = [...code.matchAll(/([a-z_]\w*)"?\s*\(/gi)].map((match) => match[1] ?? '');
  const ageOfOne = /\bage\([^,]*\)/.test(code);
  const found = await database.query(z.object({ name: z.string() }), UNSTEADY, [called, ageOfOne]);
  return found[0]?.name ?? null;
}

function nodesOf(node: PlanNode): readonly string[] {
  return [node['Node Type'], ...(node.Plans ?? []).flatMap(nodesOf)];
}

function fixOf(message: string): string {
  if (/there is no parameter/.test(message)) return 'an expression takes no parameters: write the value itself';
  if (/column .* does not exist/.test(message)) return 'list every column that it reads in `columns`';
  return 'correct it: it must be one SQL expression over the columns that it lists';
}
