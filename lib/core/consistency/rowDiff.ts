// The two sides of one key, column by column, without the values: what a page may show before somebody asks for them.
import type { ShownValues } from './causes.ts';
import { columnDifference, DIFFERENT, withoutAmount } from './columnDifference.ts';

/** A value as far as it is told unasked: whether there is one, what it looks like and about how long it is. */
export type MaskedCell =
  | { readonly kind: 'no_row' }
  | { readonly kind: 'hidden' }
  | { readonly kind: 'null' }
  | { readonly kind: 'value'; readonly shape: 'number' | 'time' | 'text'; readonly length: string };

export interface DiffLine {
  readonly column: string;
  /** True if the values differ, or if only one side has a row. */
  readonly wrong: boolean;
  /** `=`, or as `columnDifference` has it, without an amount. */
  readonly difference: string;
  /** True if the configuration hides the column: its value is not kept. */
  readonly hidden: boolean;
  readonly source: MaskedCell;
  /** What the events say that the target should hold; null where that is the source row. */
  readonly expected: MaskedCell | null;
  readonly target: MaskedCell;
}

/** What a verifier kept of a key. Rows map a column to its text; null is no row, and a null text is NULL. */
export interface KeptRows {
  readonly columns: readonly string[];
  readonly source: ShownValues | null;
  readonly expected: ShownValues | null;
  readonly target: ShownValues | null;
}

/** Every column that either side has, in the order kept and then the hidden ones, with values masked. */
export function maskedDiff(kept: KeptRows, hidden: ReadonlySet<string>): DiffLine[] {
  const { source, expected, target } = kept;
  const should = expected ?? source;
  const cell = (row: ShownValues | null, column: string): MaskedCell =>
    row !== null && hidden.has(column) ? { kind: 'hidden' } : cellOf(row, column);
  const known = columnsOf(kept);
  return [...new Set([...known, ...(known.length === 0 ? [] : hidden)])].map((column) => {
    const oneSided = (should === null) !== (target === null);
    const wrong = oneSided || kept.columns.includes(column);
    return {
      column,
      wrong,
      difference: !wrong
        ? '='
        : oneSided || hidden.has(column)
          ? DIFFERENT
          : withoutAmount(columnDifference(should?.[column] ?? null, target?.[column] ?? null)),
      hidden: hidden.has(column),
      source: cell(source, column),
      expected: expected === null ? null : cell(expected, column),
      target: cell(target, column),
    };
  });
}

/** The values themselves of some columns of both sides; the others are left out. */
export function unmaskedRows(kept: KeptRows, columns: readonly string[]): Omit<KeptRows, 'columns'> {
  const pick = (row: ShownValues | null) =>
    row === null
      ? null
      : Object.fromEntries(columns.filter((column) => column in row).map((column) => [column, row[column] ?? null]));
  return { source: pick(kept.source), expected: pick(kept.expected), target: pick(kept.target) };
}

/** Names of all columns that either side has, in the order kept. */
export function columnsOf({ source, expected, target }: Omit<KeptRows, 'columns'>): string[] {
  return [...new Set([source, expected, target].flatMap((row) => Object.keys(row ?? {})))];
}

function cellOf(row: ShownValues | null, column: string): MaskedCell {
  if (row === null) return { kind: 'no_row' };
  const text = row[column] ?? null;
  return text === null ? { kind: 'null' } : { kind: 'value', shape: shapeOf(text), length: lengthOf(text) };
}

function shapeOf(text: string): 'number' | 'time' | 'text' {
  if (/^-?\d+(\.\d+)?$/.test(text)) return 'number';
  return /^\d{4}-\d\d-\d\d([ T]|$)/.test(text) ? 'time' : 'text';
}

/** A bucket, since the exact length of a value is part of it. */
function lengthOf(text: string): string {
  if (text.length === 0) return 'empty';
  const longest = [4, 16, 64, 256].find((length) => text.length <= length);
  return longest === undefined ? 'more than 256 characters' : `up to ${longest} characters`;
}
