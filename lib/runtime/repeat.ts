import { messageOf } from '../errors.ts';
import type { Logger } from '../ports/logger.ts';
import { pause } from './clocks.ts';
import type { Stoppable } from './lifetime.ts';

/** Runs the work again and again, one at a time; what goes wrong is logged and tried again. */
export function repeat(
  name: string,
  everyMs: number,
  logger: Logger,
  work: (stopped: AbortSignal) => Promise<void>,
): Stoppable {
  const stopped = new AbortController();
  const loop = (async () => {
    while (!stopped.signal.aborted) {
      await work(stopped.signal).catch((error: unknown) =>
        logger.warn({ role: name, error: messageOf(error) }, 'tried again soon'),
      );
      await pause(everyMs, stopped.signal);
    }
  })();
  return {
    name,
    async stop() {
      stopped.abort();
      await loop;
    },
  };
}
