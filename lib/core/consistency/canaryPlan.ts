// Which canary rows a round of the self-test makes wrong, and how: in ways that blind a weak verifier one by one. Values
// are taken from other canary rows, so that each has its column's type and meets what the table asks of it.
import type { Row, RowImage } from './row.ts';

/** `swapped`: the value of another canary, which has this one's instead: sums and counts stay what they were. */
export const CANARY_CHANGES = ['wrong_value', 'null_value', 'swapped', 'missing', 'extra'] as const;
export type CanaryChange = (typeof CANARY_CHANGES)[number];

/** What is to be done to one row of the target; `columns` are the mapped ones that it makes wrong. */
export type PlannedCanary =
  | {
      readonly change: 'wrong_value' | 'null_value' | 'swapped';
      readonly key: string;
      readonly column: string;
      readonly value: string | null;
    }
  | { readonly change: 'missing'; readonly key: string }
  | { readonly change: 'extra'; readonly key: string; readonly like: string };

/** A column of the target that may be changed. */
export interface CanaryColumn {
  /** Of the target's table. */
  readonly name: string;
  /** Its place among the mapped columns. */
  readonly at: number;
  readonly nullable: boolean;
  /** True for a number without a fraction that refers to no other table: its neighbour is as good a value. */
  readonly integer: boolean;
}

export interface CanaryTable {
  /** Columns that are mapped as they are, without those that are unique, generated or of the key. */
  readonly columns: readonly CanaryColumn[];
  /** False where a copy of a row under another key would break a unique index. */
  readonly copyable: boolean;
}

/** A canary as the target holds it. */
export interface CanaryRow {
  readonly key: string;
  readonly row: Row;
}

/**
 * A change for each canary that one can be made for, each kind in turn. The same arguments give the same plan.
 * @param turn counts the rounds: another one treats other rows in another way
 */
export function planCanaries(table: CanaryTable, rows: readonly CanaryRow[], turn: number): readonly PlannedCanary[] {
  const there = rotated(rows.filter(isThere), turn);
  const planned: PlannedCanary[] = [];
  const [copied] = there;
  for (const { key } of table.copyable && copied !== undefined ? rows.filter((row) => !isThere(row)) : []) {
    planned.push({ change: 'extra', key, like: copied?.key ?? key });
  }
  const free = [...there];
  const plan = { all: there, free, columns: rotated(table.columns, turn) };
  // One of each kind first, then wrong values for what is left.
  planned.push(...swap(plan), ...remove(plan), ...clear(plan));
  for (let next = corrupt(plan); next.length > 0; next = corrupt(plan)) planned.push(...next);
  return planned;
}

interface ThereRow {
  readonly key: string;
  readonly row: RowImage;
}

interface Plan {
  readonly all: readonly ThereRow[];
  /** Rows without a change; a step takes out what it uses. */
  readonly free: ThereRow[];
  readonly columns: readonly CanaryColumn[];
}

const isThere = (canary: CanaryRow): canary is ThereRow => canary.row !== null;

function rotated<T>(list: readonly T[], by: number): T[] {
  const from = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}

function take(plan: Plan, row: ThereRow): void {
  plan.free.splice(plan.free.indexOf(row), 1);
}

/** Two rows give each other their values of one column. */
function swap(plan: Plan): PlannedCanary[] {
  for (const { name, at } of plan.columns) {
    for (const [i, first] of plan.free.entries()) {
      const second = plan.free.slice(i + 1).find(({ row }) => row.tokens[at] !== first.row.tokens[at]);
      if (second === undefined) continue;
      take(plan, first);
      take(plan, second);
      return [
        { change: 'swapped', key: first.key, column: name, value: second.row.texts[at] ?? null },
        { change: 'swapped', key: second.key, column: name, value: first.row.texts[at] ?? null },
      ];
    }
  }
  return [];
}

function remove(plan: Plan): PlannedCanary[] {
  const [row] = plan.free;
  if (row === undefined) return [];
  take(plan, row);
  return [{ change: 'missing', key: row.key }];
}

function clear(plan: Plan): PlannedCanary[] {
  for (const { name, at, nullable } of plan.columns) {
    const canary = nullable ? plan.free.find(({ row }) => row.texts[at] !== null) : undefined;
    if (canary === undefined) continue;
    take(plan, canary);
    return [{ change: 'null_value', key: canary.key, column: name, value: null }];
  }
  return [];
}

/** A value that is not the row's own: the next whole number, or another canary's value of the column. */
function corrupt(plan: Plan): PlannedCanary[] {
  const columns = rotated(plan.columns, plan.all.length - plan.free.length);
  for (const canary of plan.free) {
    for (const column of columns) {
      const value = otherValue(plan, canary, column);
      if (value === null) continue;
      take(plan, canary);
      return [{ change: 'wrong_value', key: canary.key, column: column.name, value }];
    }
  }
  return [];
}

function otherValue({ all }: Plan, { row }: ThereRow, { at, integer }: CanaryColumn): string | null {
  const own = row.texts[at] ?? null;
  if (integer && own !== null) return neighbour(BigInt(own));
  const other = all.find((canary) => canary.row.texts[at] !== null && canary.row.tokens[at] !== row.tokens[at]);
  return other?.row.texts[at] ?? null;
}

/** One nearer to nought: within the type's bounds, and never below nought where the row is not. */
const neighbour = (value: bigint): string => (value > 0n ? value - 1n : value + 1n).toString();

/** How the verifier should call the row. */
export function expectedKind(change: CanaryChange): 'different' | 'missing' | 'extra' {
  switch (change) {
    case 'wrong_value':
    case 'null_value':
    case 'swapped':
      return 'different';
    case 'missing':
    case 'extra':
      return change;
    default:
      return change satisfies never;
  }
}
