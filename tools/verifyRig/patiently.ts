import { waitFor } from '../../demo/waitFor.ts';

/** Long enough for a machine that does much else; what is waited for mostly takes well below a second. */
const PATIENCE_MS = 240_000;

/**
 * Repeats the look until it gives something; one that throws counts as "not yet".
 * @throws DemoError that names what was awaited, with the look's last error
 */
export function patiently<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  return waitFor(look, { what, timeoutMs, everyMs: 50 });
}
