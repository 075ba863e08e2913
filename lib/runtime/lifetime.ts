import { messageOf } from '../errors.ts';
import type { Logger } from '../ports/logger.ts';

/** One part to stop, in the order in which they are listed. */
export interface Stoppable {
  readonly name: string;
  stop(): Promise<void>;
}

const STOP_WITHIN_MS = 9_000;

/** Stops the parts one after the other; one that can't be stopped is logged and left behind. */
export async function stopParts(parts: readonly Stoppable[], logger: Logger): Promise<void> {
  for (const part of parts) {
    try {
      await part.stop();
      logger.debug({ part: part.name }, 'stopped');
    } catch (error) {
      logger.warn({ part: part.name, reason: messageOf(error) }, 'did not stop cleanly');
    }
  }
}

/**
 * Starts parts, which `start` lists as they run. If that fails, those that run are stopped again, within nine seconds,
 * before the failure is passed on: half a process helps nobody and keeps the ports of the next one.
 */
export async function startOrStop(
  parts: () => readonly Stoppable[],
  logger: Logger,
  start: () => Promise<void>,
): Promise<void> {
  try {
    await start();
  } catch (error) {
    logger.error({ error: messageOf(error) }, 'could not start; stopping what runs already');
    let timer: NodeJS.Timeout | undefined;
    const timeIsUp = new Promise<void>((done) => {
      timer = setTimeout(done, STOP_WITHIN_MS);
    });
    await Promise.race([stopParts(parts(), logger), timeIsUp]);
    clearTimeout(timer);
    throw error;
  }
}

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
      await stopParts(parts(), logger);
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
