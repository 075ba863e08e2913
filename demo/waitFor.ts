import { setTimeout as delay } from 'node:timers/promises';
import { DemoError, describeError } from './demoError.ts';

export interface WaitOptions {
  /** What is waited for, as it stands in the message when time is up. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks again and again until the probe answers with something other than undefined; a probe that throws counts as "not yet".
 * @throws DemoError with the probe's last error when the time is up; the signal's reason when it is aborted.
 */
export async function waitFor<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T> {
  const giveUpAtMs = Date.now() + options.timeoutMs;
  let lastError: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > giveUpAtMs) {
      const why = lastError === undefined ? '' : `: ${describeError(lastError)}`;
      throw new DemoError(`${options.what}: not within ${Math.round(options.timeoutMs / 1000)} s${why}`);
    }
    await delay(options.everyMs ?? 100, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}
