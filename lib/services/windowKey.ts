const PLAIN_ONLY_KEY = /^\["([^"\\]*)"\]$/;

/** The key's text as the rows' reader writes it: of one column its own text, of several their JSON array. */
export function windowKey(captured: string): string {
  const plain = PLAIN_ONLY_KEY.exec(captured)?.[1];
  if (plain !== undefined) return plain;
  const values: unknown = JSON.parse(captured);
  const only: unknown = Array.isArray(values) && values.length === 1 ? values[0] : undefined;
  return typeof only === 'string' ? only : captured;
}
