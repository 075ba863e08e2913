// Rows that are not clean, put together by what they have in common: one fault makes many rows wrong in the same way.
import { columnDifference, DIFFERENT, withoutAmount } from './columnDifference.ts';

/** Column name to text; null is NULL. */
export type ShownValues = Readonly<Record<string, string | null>>;

/** As much of a row that is not clean as its cause is made of. */
export interface CauseRow {
  readonly state: string;
  readonly kind: string;
  readonly leg: string;
  readonly columns: readonly string[];
  /** What the target should hold, and what it holds; null is no row. */
  readonly expected: ShownValues | null;
  readonly found: ShownValues | null;
  readonly reason: string | null;
  /** RFC 3339. */
  readonly firstSeenAt: string;
}

export interface ColumnFault {
  readonly column: string;
  /** See `columnDifference`; `≠` also where the rows differ in different ways, and for the amount of one row alone. */
  readonly difference: string;
}

export interface Cause<R extends CauseRow> {
  /** The same for the same fault from one look to the next. */
  readonly id: string;
  readonly state: string;
  readonly kind: string;
  readonly leg: string;
  readonly faults: readonly ColumnFault[];
  /** The sentence that most of the rows carry. */
  readonly reason: string | null;
  readonly firstSeenAt: string;
  readonly rows: readonly R[];
}

/**
 * Groups of rows with the same state, kind, leg, columns and the same difference in each column, the largest first. A
 * difference that only one row shows is no cause of its own: such rows of one state, kind, leg and columns are one group.
 * @param hidden columns whose differences are not to be told
 */
export function causesOf<R extends CauseRow>(rows: readonly R[], hidden: ReadonlySet<string> = new Set()): Cause<R>[] {
  const alike = Map.groupBy(rows, (row) => textOf([row.state, row.kind, row.leg, ...row.columns]));
  return [...alike]
    .flatMap(([alikeId, members]) => {
      const exact = [...Map.groupBy(members, (row) => textOf(faultsOf(row, hidden).map((fault) => fault.difference)))];
      const shared = exact.filter(([, group]) => group.length > 1);
      const rest = exact.filter(([, group]) => group.length === 1).flatMap(([, group]) => group);
      return [
        ...shared.map(([faultId, group]) => causeOf(`${alikeId}${faultId}`, group, hidden)),
        ...(rest.length === 0 ? [] : [causeOf(alikeId, rest, hidden)]),
      ];
    })
    .toSorted((a, b) => b.rows.length - a.rows.length || a.firstSeenAt.localeCompare(b.firstSeenAt));
}

/** What a cause does to its rows, in words: `quantity +1`, `no row at the target`. */
export function causeText({ kind, faults }: Pick<Cause<CauseRow>, 'kind' | 'faults'>): string {
  if (kind === 'missing') return 'no row at the target';
  if (kind === 'extra') return 'a row that should not be there';
  if (faults.length === 0) return 'no column is known to differ';
  return faults
    .map(({ column, difference }) => `${column} ${difference === DIFFERENT ? 'differs' : difference}`)
    .join(', ');
}

/** The columns of a row that differ, each with how. */
function faultsOf(row: CauseRow, hidden: ReadonlySet<string>): ColumnFault[] {
  const { expected, found } = row;
  return row.columns.map((column) => ({
    column,
    difference:
      hidden.has(column) || expected === null || found === null
        ? DIFFERENT
        : columnDifference(expected[column] ?? null, found[column] ?? null),
  }));
}

function causeOf<R extends CauseRow>(id: string, rows: readonly R[], hidden: ReadonlySet<string>): Cause<R> {
  const [first] = rows;
  const all = rows.map((row) => faultsOf(row, hidden));
  const faults = (all[0] ?? []).map(({ column, difference }, i) => ({
    column,
    difference: !all.every((other) => other[i]?.difference === difference)
      ? DIFFERENT
      : all.length > 1
        ? difference
        : withoutAmount(difference),
  }));
  return {
    id,
    state: first?.state ?? '',
    kind: first?.kind ?? '',
    leg: first?.leg ?? '',
    faults,
    reason: mostFrequent(rows.map((row) => row.reason)),
    firstSeenAt: rows.map((row) => row.firstSeenAt).toSorted()[0] ?? '',
    rows,
  };
}

function mostFrequent(reasons: readonly (string | null)[]): string | null {
  const groups = [...Map.groupBy(reasons, (reason) => reason)];
  return groups.toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? null;
}

/** One text of several, in which none can pass for another. */
const textOf = (parts: readonly string[]): string => JSON.stringify(parts);
