// A row as it is compared: one text a mapped column, in mapped order, under pinned session settings, so that the same
// value has the same text on both sides. `tokens` are what is compared; `texts` are what a person is shown (1.50 and
// 1.5 are two texts and, compared as semantic, one token). NULL is null and never a text.

/** The mapped columns of one row; where hashes were asked for, one hash of them, which is compared with its like alone. */
export interface RowImage {
  readonly texts: readonly (string | null)[];
  readonly tokens: readonly (string | null)[];
  /** Rows found under the key: 1, unless the table allows repeated keys. */
  readonly copies: number;
}

/** A row, or null where there is none. */
export type Row = RowImage | null;

/** How two sides of a key differ. */
export type DivergenceKind = 'different' | 'missing' | 'extra';

/** True if both sides hold the same values, or neither holds the row. */
export function sameRow(a: Row, b: Row): boolean {
  if (a === null || b === null) return a === b;
  return a.copies === b.copies && a.tokens.every((token, i) => token === b.tokens[i]);
}

/** `missing`: expected and not there; `extra`: there and not expected; null if the rows are the same. */
export function divergenceKind(expected: Row, found: Row): DivergenceKind | null {
  if (sameRow(expected, found)) return null;
  if (found === null) return 'missing';
  return expected === null ? 'extra' : 'different';
}

/** Names of the columns whose values differ; none if a side has no row. Repeated rows differ in `(copies)`. */
export function differingColumns(expected: Row, found: Row, columns: readonly string[]): readonly string[] {
  if (expected === null || found === null) return [];
  const differing = columns.filter((_, i) => expected.tokens[i] !== found.tokens[i]);
  return expected.copies === found.copies ? differing : [...differing, '(copies)'];
}

/** Column name to shown text, hidden columns left out; null where there is no row. */
export function shownRow(
  row: Row,
  columns: readonly string[],
  hidden: ReadonlySet<string> = new Set(),
): Readonly<Record<string, string | null>> | null {
  if (row === null) return null;
  const texts = columns.map((column, i) => [column, row.texts[i] ?? null] as const);
  return Object.fromEntries(texts.filter(([column]) => !hidden.has(column)));
}
