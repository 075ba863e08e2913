import { BanyanError } from '../../errors.ts';
import type { CaptureFence } from '../../ports/captureFence.ts';
import type { Connectors } from '../../ports/connectors.ts';

/** The committed source offset of one connector, as Kafka Connect's REST API tells it. */
export function connectorFence(connectors: Connectors, name: string): CaptureFence {
  return {
    async exists() {
      try {
        await connectors.status(name);
        return true;
      } catch (error) {
        if (error instanceof BanyanError && error.code === 'not_found') return false;
        throw error;
      }
    },
    async isPast(lsn) {
      const committed = await connectors.committedLsn(name);
      return committed !== null && BigInt(committed) > lsn;
    },
  };
}
