import { type DatabaseLoad, type LoadLimits, reasonsToWait } from '../core/consistency/loadLimits.ts';
import { messageOf } from '../errors.ts';
import type { LoadGate } from '../ports/loadGate.ts';
import type { Logger } from '../ports/logger.ts';

export interface LoadGateOptions {
  /** The databases that a table is read from. */
  readonly loads: readonly { read(): Promise<DatabaseLoad> }[];
  readonly unreadEvents: () => Promise<bigint>;
  readonly limits: LoadLimits;
  readonly logger: Logger;
}

/** Holds up the reading of a table while one of its databases, a replica or Banyan itself is behind with its own work. */
export function loadGate({ loads, unreadEvents, limits, logger }: LoadGateOptions): LoadGate {
  return {
    async pausedBecause() {
      try {
        const [found, unread] = await Promise.all([Promise.all(loads.map((load) => load.read())), unreadEvents()]);
        const reasons = reasonsToWait(found, unread, limits);
        return reasons.length === 0 ? null : reasons.join('; ');
      } catch (error) {
        // A database that does not answer here stops the pass at its next statement, with the reason and the fix.
        logger.debug({ err: messageOf(error) }, 'the load could not be read');
        return null;
      }
    },
  };
}
