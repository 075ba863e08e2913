/** A PostgreSQL literal of a text[]: the driver's own conversion of long arrays takes several times as long. */
export function textArrayLiteral(texts: readonly (string | null)[]): string {
  const isPlain = texts.length > 0 && !texts.includes(null) && !/["\\]/.test(texts.join(''));
  if (isPlain) return `{"${texts.join('","')}"}`;
  return `{${texts.map((text) => (text === null ? 'NULL' : `"${text.replace(/["\\]/g, '\\$&')}"`)).join(',')}}`;
}
