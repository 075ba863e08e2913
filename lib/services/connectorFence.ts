import { BanyanError } from '../errors.ts';
import type { CaptureFence } from '../ports/captureFence.ts';

/** The newest log position that a connector has committed, as decimal text; rejects with `not_found` for an unknown name. */
export interface CommittedPositions {
  committedLsn(name: string): Promise<string | null>;
}

/** A connector's committed source offset as a fence. What can't be asked has not passed: the keys stay PENDING. */
export class ConnectorFence implements CaptureFence {
  readonly #connectors: CommittedPositions;
  readonly #name: string;

  constructor(connectors: CommittedPositions, name: string) {
    this.#connectors = connectors;
    this.#name = name;
  }

  async exists(): Promise<boolean> {
    try {
      await this.#connectors.committedLsn(this.#name);
      return true;
    } catch (error) {
      // A connector that can't be asked about may be writing: only an unknown name is none.
      return !(error instanceof BanyanError && error.code === 'not_found');
    }
  }

  async isPast(lsn: bigint): Promise<boolean> {
    try {
      const committed = await this.#connectors.committedLsn(this.#name);
      return committed !== null && BigInt(committed) > lsn;
    } catch {
      return false;
    }
  }
}
