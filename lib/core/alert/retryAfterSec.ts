/** Seconds that a Retry-After header asks for, in either of its forms (seconds, or an HTTP date); null if in neither. */
export function retryAfterSec(header: string | string[] | undefined, nowMs: number): number | null {
  const text = typeof header === 'string' ? header.trim() : '';
  if (/^\d+$/.test(text)) return Number(text);
  // Date.parse reads much more than HTTP dates, which all end in GMT.
  const atMs = text.endsWith(' GMT') ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, Math.ceil((atMs - nowMs) / 1_000));
}
