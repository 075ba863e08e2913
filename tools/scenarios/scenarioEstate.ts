import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { type RigBanyan, startRigBanyan } from '../verifyRig/rigBanyan.ts';
import { type RigStreaming, startRigStreaming } from '../verifyRig/rigStreaming.ts';
import { RigWriter } from '../verifyRig/rigWriter.ts';
import { type RigBack, VerifyRig, type VerifyRigOptions } from '../verifyRig/verifyRig.ts';

/** Rows that no writer touches: what is corrupted there stays corrupted. */
export const RESERVED = { from: 901, to: 1_000 } as const;
const ROWS = 1_000;

/** The target's own changes are captured too, though it owns no row: with them a hand is told from the applier. */
export const WATCHED_TARGET: RigBack = { origin: 'none', ownedByTarget: null };

export interface BeginOptions extends Partial<VerifyRigOptions> {
  /** Rows that the writer changes; all but the reserved ones unless given. */
  readonly writes?: { readonly from: number; readonly to: number };
}

export interface Scenario {
  readonly rig: VerifyRig;
  readonly banyan: RigBanyan;
  readonly writer: RigWriter;
}

/** What the scenarios of one suite run on. */
export interface ScenarioEstate {
  readonly kind: RigStreaming['kind'];
  /** A new estate of 1,000 rows with Banyan over it and a writer on all but the reserved rows; it ends with the test. */
  begin(options?: BeginOptions): Promise<Scenario>;
  /** The estate alone. */
  rig(options?: Partial<VerifyRigOptions>): Promise<VerifyRig>;
  /** Stopped at the test's end, the newest first. */
  afterTest(stop: () => Promise<void>): void;
}

/** One broker and capture for a suite, by vitest's hooks. */
export function scenarioEstate(kind: RigStreaming['kind']): ScenarioEstate {
  let streaming: RigStreaming;
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    streaming = await startRigStreaming(kind);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
  afterAll(() => streaming.stop());

  const rig = async (options: Partial<VerifyRigOptions> = {}): Promise<VerifyRig> => {
    const started = await VerifyRig.start({ streaming, postgresUrl: inject('postgresUrl'), rows: ROWS, ...options });
    stops.push(() => started.stop());
    return started;
  };
  return {
    kind,
    rig,
    afterTest: (stop) => stops.push(stop),
    async begin({ writes = { from: 1, to: RESERVED.from - 1 }, ...options } = {}) {
      const estate = await rig(options);
      const banyan = await startRigBanyan(estate);
      stops.push(() => banyan.stop());
      const writer = new RigWriter({
        pool: estate.source.pool,
        table: estate.table.source,
        ...writes,
        perSec: 60,
      });
      writer.start();
      stops.push(() => writer.stop());
      return { rig: estate, banyan, writer };
    },
  };
}
