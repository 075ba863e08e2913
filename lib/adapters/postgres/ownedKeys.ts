// Who owns a row, as the configured query of each side says.
import { z } from 'zod';
import { keyText } from '../../core/consistency/keyText.ts';
import type { OwnershipQueries } from '../../core/migration/definition.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import type { KeyOwner } from '../../ports/keyReader.ts';
import type { MappingFinding } from './mappingFinding.ts';
import type { TablePlan } from './planTable.ts';
import type { RowQuery, SourceDatabase } from './sourceDatabase.ts';
import { keyTexts, tableOf } from './tablePlan.ts';

const Owned = z.object({
  key: z.string(),
  epoch: z.coerce.string(),
  owner: z.enum(['source', 'target']),
  since: z.coerce.string().regex(/^\d+$/).transform(BigInt).nullish(),
});

const Keyed = z.object({ key: z.array(z.string()) });
const SAMPLE_ROWS = 100;

/** Owners by key, of those keys that the query knows. */
export async function readOwners(
  query: RowQuery,
  sql: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, KeyOwner>> {
  const rows = await query(Owned, sql, [keys]);
  return new Map(rows.map(({ key, epoch, owner, since }) => [key, { epoch, owner, since: since ?? null }]));
}

/**
 * Asks each side who owns a hundred of its rows: a query that fails, or answers about other keys, would leave every row
 * of the table without a verdict, or with the wrong owner.
 */
export async function inspectOwners(
  queries: OwnershipQueries,
  plan: TablePlan,
  databases: Readonly<Record<'source' | 'target', SourceDatabase>>,
): Promise<readonly MappingFinding[]> {
  const problems = await Promise.all(
    (['source', 'target'] as const).map(async (side) => {
      const problem = await ownersProblem(databases[side], plan[side], queries[side]);
      return problem === null ? [] : [refused(side, problem)];
    }),
  );
  return problems.flat();
}

async function ownersProblem(database: SourceDatabase, side: TablePlan['source'], sql: string): Promise<string | null> {
  const sample = await database.query(
    Keyed,
    `select ${keyTexts(side)}::text[] as key from ${tableOf(side)} limit ${SAMPLE_ROWS}`,
  );
  const keys = new Set(sample.map(({ key }) => keyText(key)));
  try {
    const owners = await readOwners((...args) => database.query(...args), sql, [...keys]);
    const other = [...owners.keys()].find((key) => !keys.has(key));
    return other === undefined ? null : `it answers about ${JSON.stringify(other)}, which was not asked for`;
  } catch (error) {
    const cause = error instanceof BanyanError ? error.cause : error;
    if (!(cause instanceof z.ZodError)) return messageOf(error);
    const [issue] = cause.issues;
    return `its column ${String(issue?.path.at(-1))}: ${issue?.message}`;
  }
}

function refused(side: string, problem: string): MappingFinding {
  return {
    column: null,
    severity: 'refused',
    reason: `ownership.${side} does not tell who owns its rows: ${problem}`,
    fix: `correct ownership.${side}: for $1 (text[] of keys) it returns key as it was asked for, epoch, owner (source or target) and since (a transaction id, or null)`,
  };
}
