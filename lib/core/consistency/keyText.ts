/**
 * One text for a key, the same wherever a key is stored: the value's own text for a key of one column, a JSON array of
 * texts for a key of several. Values are PostgreSQL's text of each column, in key order.
 */
export function keyText(values: readonly string[]): string {
  const [only] = values;
  return values.length === 1 && only !== undefined ? only : JSON.stringify(values);
}

/**
 * The column values that `keyText` was made of.
 * @throws SyntaxError or TypeError if the text is not a key of that many columns
 */
export function keyValues(text: string, columns: number): readonly string[] {
  if (columns === 1) return [text];
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed) || parsed.length !== columns || !parsed.every((v) => typeof v === 'string')) {
    throw new TypeError(`not a key of ${columns} columns: ${text}`);
  }
  return parsed;
}
