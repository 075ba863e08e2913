// What a fact may hold. A time of another age comes from a broken clock, and a name longer than an index takes is no
// name: both are refused where they are read, with their reason, and not by the store.

const LAST_MS = Date.UTC(2200, 0, 1);

/** Longest id, in bytes of UTF-8. */
export const ID_BYTES = 512;

/** True from 1970 until 2200. */
export function isPlausibleMs(ms: number): boolean {
  return ms >= 0 && ms < LAST_MS;
}

/** True if an id is longer than the store's indexes take. */
export function isTooLong(id: string): boolean {
  if (id.length * 3 <= ID_BYTES) return false;
  return id.length > ID_BYTES || new TextEncoder().encode(id).length > ID_BYTES;
}
