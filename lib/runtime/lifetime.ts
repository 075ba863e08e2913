import { messageOf } from '../errors.ts';
import type { Logger } from '../ports/logger.ts';

/** One part to stop, in the order in which they are listed. */
export interface Stoppable {
  readonly name: string;
  stop(): Promise<void>;
}

const STOP_WITHIN_MS = 9_000;

/**
 * Stops the parts in order on SIGTERM, SIGINT or when the parent process is gone, then exits; after nine seconds it
 * exits all the same. Facts are safe either way: whatever was not committed is read again.
 * @returns the same stop, to be called by hand.
 */
export function stopInOrder(parts: () => readonly Stoppable[], logger: Logger): (why: string) => Promise<void> {
  let stopping: Promise<void> | undefined;
  const stop = (why: string): Promise<void> => {
    stopping ??= (async () => {
      logger.info({ why }, 'stopping');
      const deadline = setTimeout(() => {
        logger.warn({}, 'did not stop in time; leaving');
        process.exit(1);
      }, STOP_WITHIN_MS);
      deadline.unref();
      for (const part of parts()) {
        try {
          await part.stop();
          logger.debug({ part: part.name }, 'stopped');
        } catch (error) {
          logger.warn({ part: part.name, reason: messageOf(error) }, 'did not stop cleanly');
        }
      }
      process.exit(0);
    })();
    return stopping;
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  // A parent that was killed can't tell: its end of the channel closes.
  process.on('disconnect', () => void stop('the parent process is gone'));
  return stop;
}
