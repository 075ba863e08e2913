import { type Cause, type CauseRow, causesOf, causeText } from '../../core/consistency/causes.ts';
import { type DiffLine, maskedDiff } from '../../core/consistency/rowDiff.ts';
import type {
  ContextView,
  DivergenceDetail,
  DivergenceRow,
  MappedColumn,
  MigrationView,
} from '../../ports/readStore.ts';

export type MappedTable = ContextView['tables'][number];

/** A divergence without the values of its rows. */
export interface ShownDivergence extends Omit<DivergenceRow, 'detail'> {
  readonly detail: Omit<DivergenceDetail, 'source' | 'target' | 'expected'>;
}

/** The same with its diff, values masked. */
export interface DivergenceDiff extends ShownDivergence {
  /** `database.schema.table` of each side. */
  readonly sourceTable: string;
  readonly targetTable: string;
  readonly lines: readonly ShownLine[];
}

export interface ShownLine extends DiffLine {
  /** The column's own name at the target. */
  readonly targetColumn: string;
}

/** Rows with one fault in common, without their values. */
export interface ShownCause extends Omit<Cause<CauseRow>, 'rows'> {
  readonly context: string;
  readonly table: string;
  /** What it does to its rows: `quantity +1`. */
  readonly text: string;
  readonly keys: readonly string[];
}

/** Columns whose values the configuration hides. */
export function maskedColumns(migration: MigrationView | null, context: string, table: string): ReadonlySet<string> {
  const tables = migration?.contexts.find(({ id }) => id === context)?.tables ?? [];
  return hiddenOf(tables.find(({ id }) => id === table)?.columns ?? []);
}

/** The names of the pairs whose values the configuration hides. */
export function hiddenOf(columns: readonly MappedColumn[]): ReadonlySet<string> {
  return new Set(columns.filter(({ masked }) => masked).map(({ from }) => from));
}

/** Leaves the values out. */
export function withoutValues(row: DivergenceRow): ShownDivergence {
  const { source: _source, target: _target, expected: _expected, ...detail } = row.detail;
  return { ...row, detail };
}

/** Leaves the values out and says of each column, in the order of the mapping, whether and how it differs. */
export function withDiff(row: DivergenceRow, mapped: MappedTable): DivergenceDiff {
  const { columns } = mapped;
  const lines = maskedDiff({ ...row.detail, columns: row.columns }, hiddenOf(columns));
  const placeOf = (column: string) => columns.findIndex(({ from }) => from === column);
  return {
    ...withoutValues(row),
    sourceTable: mapped.source,
    targetTable: mapped.target,
    lines: lines
      .toSorted((a, b) => placeOf(a.column) - placeOf(b.column))
      .map((line) => ({ ...line, targetColumn: columns[placeOf(line.column)]?.to ?? line.column })),
  };
}

/** The causes of the rows, each of one table, the largest first. */
export function shownCauses(rows: readonly DivergenceRow[], migration: MigrationView | null): ShownCause[] {
  const byTable = Map.groupBy(rows, ({ context, table }) => JSON.stringify([context, table]));
  return [...byTable]
    .flatMap(([place, members]) => {
      const [first] = members;
      if (first === undefined) return [];
      const { context, table } = first;
      const given = members.map((row) => ({
        ...row,
        expected: row.detail.expected ?? row.detail.source,
        found: row.detail.target,
        reason: row.detail.reason,
      }));
      return causesOf(given, maskedColumns(migration, context, table)).map(({ rows: own, ...cause }) => ({
        ...cause,
        id: `${place}${cause.id}`,
        context,
        table,
        text: causeText(cause),
        keys: own.map(({ key }) => key),
      }));
    })
    .toSorted((a, b) => b.keys.length - a.keys.length);
}
