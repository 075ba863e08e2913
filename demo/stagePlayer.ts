import type { BanyanClient } from './banyanClient.ts';
import type { EstateAdmin } from './control/estateAdmin.ts';
import { connectorConfig } from './infra/connectors.ts';
import type { Infra } from './infra/infra.ts';
import { PLAYED_STAGES, type PlayedStage, type Shares, STAGE_SETTINGS } from './stages.ts';

export interface StagePlayerOptions {
  readonly infra: Infra;
  readonly admin: EstateAdmin;
  /** Undefined where Banyan was left out. */
  readonly banyan: BanyanClient | undefined;
  readonly log: (line: string) => void;
}

/** Sets the estate as a stage has it, and tells Banyan which stage runs. */
export class StagePlayer {
  readonly #options: StagePlayerOptions;
  #stage: PlayedStage = 'sync_data';
  #shares: Shares = STAGE_SETTINGS.sync_data.shares;
  rate = 0;

  constructor(options: StagePlayerOptions) {
    this.#options = options;
  }

  get stage(): PlayedStage {
    return this.#stage;
  }

  get shares(): Shares {
    return this.#shares;
  }

  state(): { readonly stage: PlayedStage; readonly shares: Shares; readonly rate: number } {
    return { stage: this.#stage, shares: this.#shares, rate: this.rate };
  }

  /** Connectors and shares of a stage, without a word to Banyan. */
  async arrange(stage: PlayedStage): Promise<void> {
    const { infra, log } = this.#options;
    const { shares, reverseCapture } = STAGE_SETTINGS[stage];
    if (reverseCapture && (await infra.connectorState('inventory')) !== 'RUNNING') {
      log('connector: changes of the service flow back to the monolith');
      await infra.putConnector('inventory', connectorConfig('inventory', infra.databases.inventory));
    }
    await this.setShares(shares);
    this.#stage = stage;
  }

  /** Tells Banyan that the stage runs from now on: its evidence begins here. */
  async begin(stage: PlayedStage): Promise<void> {
    this.#options.log(`stage ${stage}`);
    await this.#options.banyan?.moveTo(stage);
  }

  async moveTo(stage: PlayedStage): Promise<void> {
    await this.arrange(stage);
    await this.begin(stage);
  }

  async setShares(shares: Shares): Promise<void> {
    await this.#options.admin.setShares(shares);
    this.#shares = shares;
    const percent = (share: number): string => `${Math.round(share * 100)} %`;
    this.#options.log(`facade: ${percent(shares.reads)} of reads, ${percent(shares.writes)} of writes to the service`);
  }

  async setRate(rate: number): Promise<void> {
    await this.#options.admin.setRate(rate);
    this.rate = rate;
  }

  /** A new attempt at every stage that has been played: those before the running one are judged on as well. */
  async openAttempt(reason: string): Promise<void> {
    for (const stage of PLAYED_STAGES.slice(0, PLAYED_STAGES.indexOf(this.#stage) + 1)) {
      await this.#options.banyan?.openAttempt(stage, reason);
    }
  }
}
