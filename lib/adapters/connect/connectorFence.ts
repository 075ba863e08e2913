import { BanyanError } from '../../errors.ts';
import type { CaptureFence } from '../../ports/captureFence.ts';
import type { Connectors } from '../../ports/connectors.ts';

/** The committed source offset of one connector, as Kafka Connect's REST API tells it. */
export function connectorFence(connectors: Connectors, name: string): CaptureFence {
  let asked: Promise<string | null> | null = null;
  /** Looks that wait at one time share an answer. One that was asked for too early only says less: the offset grows. */
  const committedLsn = () => {
    asked ??= connectors.committedLsn(name).finally(() => {
      asked = null;
    });
    return asked;
  };
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
      const committed = await committedLsn();
      return committed !== null && BigInt(committed) > lsn;
    },
  };
}
