// Who owns a row, as the configured query of each side says.
import { z } from 'zod';
import { keyText } from '../../core/consistency/keyText.ts';
import type { OwnershipQueries } from '../../core/migration/definition.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import type { KeyOwner } from '../../ports/keyReader.ts';
import type { Side } from '../../ports/rowReader.ts';
import type { MappingFinding } from './mappingFinding.ts';
import type { TablePlan } from './planTable.ts';
import type { RowQuery, SourceDatabase } from './sourceDatabase.ts';
import { keyTexts, type SidePlan, tableOf } from './tablePlan.ts';

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
  databases: Readonly<Record<Side, SourceDatabase>>,
): Promise<readonly MappingFinding[]> {
  const sides = ['source', 'target'] as const;
  return (await Promise.all(sides.map((side) => ownersFindings(databases[side], plan[side], queries[side])))).flat();
}

async function ownersFindings(database: SourceDatabase, side: SidePlan, sql: string): Promise<MappingFinding[]> {
  let keys: ReadonlySet<string>;
  try {
    keys = await sampleKeys(database, side);
  } catch (error) {
    return [unread(side.side, error)];
  }
  try {
    const owners = await readOwners((...args) => database.query(...args), sql, [...keys]);
    const other = [...owners.keys()].find((key) => !keys.has(key));
    if (other !== undefined) {
      return [refused(side.side, `it answers about ${JSON.stringify(other)}, which was not asked for`)];
    }
    return keys.size > 0 && owners.size === 0 ? [unanswered(side.side, keys.size)] : [];
  } catch (error) {
    const cause = error instanceof BanyanError ? error.cause : error;
    if (!(cause instanceof z.ZodError)) return [refused(side.side, messageOf(error))];
    const [issue] = cause.issues;
    return [refused(side.side, `its column ${String(issue?.path.at(-1))}: ${issue?.message}`)];
  }
}

async function sampleKeys(database: SourceDatabase, side: SidePlan): Promise<ReadonlySet<string>> {
  const sample = await database.query(
    Keyed,
    `select ${keyTexts(side)}::text[] as key from ${tableOf(side)} limit ${SAMPLE_ROWS}`,
  );
  return new Set(sample.map(({ key }) => keyText(key)));
}

/** Rows that take long to find are no fault of the mapping: ranges of keys are read by an index. */
function unread(side: Side, error: unknown): MappingFinding {
  const late = error instanceof BanyanError && error.code === 'overloaded';
  const fix = error instanceof BanyanError ? error.fix : undefined;
  return {
    column: null,
    severity: late ? 'flagged' : 'refused',
    reason: `ownership.${side} was not asked: the sample of the ${side}'s rows could not be read: ${messageOf(error)}`,
    fix:
      fix ??
      (late
        ? `check again when the database is less busy, or index what filter.${side} selects by`
        : `correct what reads the rows of the ${side}: its filter and derived columns`),
  };
}

/** A query may leave out keys that never changed hands, so it can be right. */
function unanswered(side: Side, keys: number): MappingFinding {
  return {
    column: null,
    severity: 'flagged',
    reason: `ownership.${side} answers about none of ${keys} ${keys === 1 ? 'key' : 'keys'}: such rows are judged as owned by the source`,
    fix: asAsked(side),
  };
}

function refused(side: Side, problem: string): MappingFinding {
  return {
    column: null,
    severity: 'refused',
    reason: `ownership.${side} does not tell who owns its rows: ${problem}`,
    fix: asAsked(side),
  };
}

const asAsked = (side: Side) =>
  `correct ownership.${side}: for $1 (text[] of keys) it returns key as it was asked for, epoch, owner (source or target) and since (a transaction id, or null)`;
