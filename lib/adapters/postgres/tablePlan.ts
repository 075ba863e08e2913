import pg from 'pg';
import type { KeyRange } from '../../core/consistency/keyRange.ts';
import type { CaptureModes, SqlExpression } from '../../core/migration/definition.ts';
import type { Side } from '../../ports/rowReader.ts';
import { lateralValue } from './columnExpression.ts';
import { type ColumnSql, columnOf } from './columnPlan.ts';
import type { CarriedColumn } from './eventValue.ts';
import type { KeyColumn } from './keyPlan.ts';
import { mixed, rowHash } from './rowHash.ts';

/** One side of a mapped table as SQL: every name has been found in the catalogue and is quoted. */
export interface SidePlan {
  readonly side: Side;
  readonly schema: string;
  readonly table: string;
  readonly key: readonly KeyColumn[];
  readonly columns: readonly ColumnSql[];
  /** Expressions of the derived columns, by the column's name in `columns`. */
  readonly derived: readonly { readonly name: string; readonly expression: SqlExpression }[];
  /** Rows that do not meet it count as absent. */
  readonly filter: SqlExpression | null;
  /** The table's own columns that an event must carry. */
  readonly carried: readonly CarriedColumn[];
  /** How the capture of this side writes values. */
  readonly capture: CaptureModes;
  /** PostgreSQL's own hashes where both servers have one major version; else sha256 of text. */
  readonly hashing: 'native' | 'sha256';
}

/** Collects the parameters of one statement. */
export class Parameters {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

export function tableOf(plan: SidePlan): string {
  const table = `${pg.escapeIdentifier(plan.schema)}.${pg.escapeIdentifier(plan.table)}`;
  return mappedRows(plan, (alias) => `${table} ${alias}`);
}

/**
 * Rows of a relation with the plan's derived columns and without those that its filter leaves out, as alias t.
 * PostgreSQL flattens it, so indexes stay in use.
 */
export function mappedRows({ derived, filter }: SidePlan, rows: (alias: string) => string): string {
  if (derived.length === 0 && filter === null) return rows('t');
  const values = derived.map(({ name }, i) => `d${i}.${pg.escapeIdentifier(name)}`);
  const joins = derived.map(({ name, expression }, i) => lateralValue(expression, name, `d${i}`));
  const kept = filter === null ? '' : `${lateralValue(filter, 'kept', 'f')} where f.kept`;
  return `(select ${['b.*', ...values].join(', ')} from ${[rows('b'), ...joins, kept].join(' ')}) t`;
}

/** The key columns in their common order; `direction`-free: always ascending. */
export function keyOrder(plan: SidePlan, of: (name: string) => string = columnOf): string {
  return plan.key.map(({ name, sql }) => sql.order(of(name))).join(', ');
}

/** The key's column texts as text[]. */
export function keyTexts(plan: SidePlan): string {
  return `array[${plan.key.map(({ name, sql }) => sql.text(columnOf(name))).join(', ')}]`;
}

/** `key >= bound` or `key < bound` by row comparison; `parts` are SQL of the bound's values, already cast. */
export function keyCompared(plan: SidePlan, operator: '>=' | '<', parts: readonly string[]): string {
  const [only] = parts;
  return parts.length === 1
    ? `${keyOrder(plan)} ${operator} ${only}`
    : `(${keyOrder(plan)}) ${operator} (${parts.join(', ')})`;
}

/** The condition that a key is in the range, or `true` for the whole. */
export function inRange(plan: SidePlan, range: KeyRange, parameters: Parameters): string {
  const bound = (values: readonly string[]) =>
    values.map((value, i) => `${parameters.add(value)}::text::${plan.key[i]?.sql.cast ?? 'text'}`);
  const conditions: string[] = [];
  if (range.lo !== null) conditions.push(keyCompared(plan, '>=', bound(range.lo)));
  if (range.hi !== null) conditions.push(keyCompared(plan, '<', bound(range.hi)));
  return conditions.length === 0 ? 'true' : conditions.join(' and ');
}

/** SQL of the hash of a row's key and compared columns: a bigint, or bytes. */
function hashOf(plan: SidePlan): string {
  const columns = plan.columns.map(({ hash }) => hash);
  if (plan.hashing === 'native') {
    const key = plan.key.map(({ name, sql }) => ({ sql: sql.hash.sql(columnOf(name)), by: sql.hash.by }));
    return rowHash([...key, ...columns]);
  }
  const fields = [...plan.key.map(({ name, sql }) => sql.text(columnOf(name))), ...columns.map(({ sql }) => sql)];
  return `sha256(convert_to(row(${fields.join(', ')})::text, 'UTF8'))`;
}

const BITS = (from: number) => `('x' || substr(encode(h, 'hex'), ${from}, 16))::bit(64)::bigint`;

/** Count and sums, as `n`, `s1` and `s2`, over the rows that the condition selects; see rangeDigest.ts. */
export function digestOf(plan: SidePlan, condition: string): string {
  if (plan.hashing === 'native') {
    return `select count(*) as n, sum(${mixed(hashOf(plan))}) as s1, 0 as s2 from ${tableOf(plan)} where ${condition}`;
  }
  // Without `offset 0` the planner inlines the subquery and hashes each row twice.
  return `select count(*) as n, sum(${BITS(1)}) as s1, sum(${BITS(17)}) as s2
    from (select ${hashOf(plan)} as h from ${tableOf(plan)} where ${condition} offset 0) x`;
}

/** The hash of one row, as text, for a listing. */
export function listedHash(plan: SidePlan): string {
  return plan.hashing === 'native' ? `(${hashOf(plan)})::text` : `encode(${hashOf(plan)}, 'hex')`;
}
