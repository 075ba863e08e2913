// The verifier under a live load with faults at random, held against the soak's own ledger.
import { setTimeout as sleep } from 'node:timers/promises';
import { differingKeys } from '../verifyRig/differingKeys.ts';
import { writeRigConfig } from '../verifyRig/rigBanyan.ts';
import { startRigPostgres } from '../verifyRig/rigPostgres.ts';
import { startRigStreaming } from '../verifyRig/rigStreaming.ts';
import { RigVerdicts } from '../verifyRig/rigVerdicts.ts';
import { type RigWorker, startRigWorker } from '../verifyRig/rigWorker.ts';
import { RigWriter, seededRandom } from '../verifyRig/rigWriter.ts';
import { VerifyRig } from '../verifyRig/verifyRig.ts';
import { SoakFaults } from './soakFaults.ts';
import { CORRUPTIONS, SoakLedger, type SoakOutcome } from './soakLedger.ts';
import { SoakPool } from './soakPool.ts';

export interface SoakOptions {
  readonly minutes: number;
  /** Rows that the writer writes; those to be corrupted come on top. */
  readonly rows: number;
  readonly corruptions: number;
  readonly seed: number;
  /** Transactions of the writer a second, about. */
  readonly writesPerSec: number;
  readonly kind: 'embedded' | 'kafka';
  readonly log: (line: string) => void;
}

export interface SoakFigures extends SoakOutcome {
  /** Keys of which the databases say other than the ledger: a fault of the soak itself. */
  readonly contradicted: readonly string[];
  /** False if the pass after the last finding did not end. */
  readonly lastPass: boolean;
  readonly seconds: number;
  /** Rows compared by sweeps and changes that were judged one by one. */
  readonly verdicts: number;
  readonly rowsCompared: number;
  readonly changesFoundClean: number;
  readonly rowsWritten: number;
  readonly disturbances: Readonly<Record<string, number>>;
}

const SETTLE_MS = 180_000;

/** Runs the soak on an estate of its own. */
export async function verifySoak(options: SoakOptions): Promise<SoakFigures> {
  const stops: (() => Promise<void>)[] = [];
  try {
    const postgres = await startRigPostgres();
    stops.push(() => postgres.stop());
    const streaming = await startRigStreaming(options.kind);
    stops.push(() => streaming.stop());
    const rig = await VerifyRig.start({
      streaming,
      postgresUrl: postgres.url,
      rows: options.rows + options.corruptions,
      back: { origin: 'none', ownedByTarget: null },
    });
    stops.push(() => rig.stop());
    const writer = new RigWriter({
      pool: rig.source.pool,
      table: rig.table.source,
      from: 1,
      to: options.rows,
      perSec: options.writesPerSec,
      seed: options.seed,
    });
    const soak = new Soak(options, rig, writer);
    stops.push(() => soak.stop());
    return await soak.run();
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

class Soak {
  readonly #options: SoakOptions;
  readonly #rig: VerifyRig;
  readonly #writer: RigWriter;
  readonly #faults: SoakFaults;
  readonly #ledger = new SoakLedger();
  readonly #verdicts: RigVerdicts;
  readonly #random: () => number;
  readonly #disturbances: Record<string, number> = { pause: 0, crash: 0, repeat: 0, restart: 0 };
  #worker: RigWorker | null = null;
  #config: Awaited<ReturnType<typeof writeRigConfig>> | null = null;
  #watching = true;

  constructor(options: SoakOptions, rig: VerifyRig, writer: RigWriter) {
    this.#options = options;
    this.#rig = rig;
    this.#writer = writer;
    this.#faults = new SoakFaults(rig, writer);
    this.#verdicts = new RigVerdicts(rig.store.pool);
    this.#random = seededRandom(options.seed);
  }

  async run(): Promise<SoakFigures> {
    const { minutes, corruptions, log } = this.#options;
    this.#config = await writeRigConfig(this.#rig);
    this.#worker = await startRigWorker(this.#rig, this.#config.file);
    await this.#verdicts.begun();
    this.#writer.start();
    await this.#verdicts.passes(1);
    const startedMs = Date.now();
    const judged = await this.#judged();
    const watching = this.#watch();
    const endMs = startedMs + minutes * 60_000;
    const pool = await this.#pool();
    while (pool.left > 0) {
      const { kind, keys } = pool.take(CORRUPTIONS[Math.floor(this.#random() * CORRUPTIONS.length)] ?? 'drop');
      this.#ledger.enter(keys, kind);
      await this.#faults.corrupt(kind, keys);
      await this.#disturb();
      // Spread over the time: what is left of it by what is left to do.
      await sleep(Math.max(0, ((endMs - Date.now()) * keys.length) / (pool.left + keys.length)));
    }
    await sleep(Math.max(0, endMs - Date.now()));
    log(`${corruptions} corruptions made; waiting until each is found`);
    const lastPass = await this.#settled();
    this.#watching = false;
    await watching;
    const endedMs = Date.now();
    await this.#writer.stop();
    await this.#rig.drained();
    const contradicted = this.#ledger.contradictedBy(await differingKeys(this.#rig));
    const seconds = (endedMs - startedMs) / 1_000;
    const now = await this.#judged();
    const rowsCompared = now.rows - judged.rows;
    const changesFoundClean = now.changes - judged.changes;
    return {
      ...this.#ledger.outcome,
      contradicted,
      lastPass,
      seconds,
      verdicts: rowsCompared + changesFoundClean,
      rowsCompared,
      changesFoundClean,
      rowsWritten: this.#writer.rows,
      disturbances: this.#disturbances,
    };
  }

  async stop(): Promise<void> {
    this.#watching = false;
    await this.#writer.stop();
    await this.#worker?.stop();
    this.#config?.remove();
  }

  /** The reserved keys with the partition that each lies in. */
  async #pool(): Promise<SoakPool> {
    const { rows, corruptions } = this.#options;
    const keys = Array.from({ length: corruptions }, (_, i) => String(rows + 1 + i));
    const events = await this.#rig.tap.awaitEvents(keys, () => true);
    return new SoakPool(new Map(events.map(({ key, partition }) => [key, partition])), this.#random);
  }

  /** What harms no row: it must lead to no verdict. */
  async #disturb(): Promise<void> {
    const which = this.#random();
    if (which < 0.05) {
      this.#count('pause');
      await this.#faults.pause(this.#random() * 12_000);
    } else if (which < 0.15) {
      this.#count('crash');
      this.#faults.crashApplier();
    } else if (which < 0.25) {
      this.#count('repeat');
      await this.#faults.repeat();
    } else if (which < 0.27) {
      this.#count('restart');
      await this.#worker?.kill();
      this.#worker = await startRigWorker(this.#rig, this.#config?.file ?? '');
    }
  }

  #count(name: string): void {
    this.#disturbances[name] = (this.#disturbances[name] ?? 0) + 1;
  }

  async #watch(): Promise<void> {
    while (this.#watching) {
      this.#ledger.note(await this.#verdicts.divergences());
      await sleep(500);
    }
  }

  /** Waits until all is found, then for one more pass; false if that pass did not come to its end. */
  async #settled(): Promise<boolean> {
    const giveUpAtMs = Date.now() + SETTLE_MS;
    while (this.#ledger.missing.length > 0 && Date.now() < giveUpAtMs) await sleep(500);
    // Once more over all of it: what was right stays right.
    return this.#verdicts.passes(1, SETTLE_MS).then(
      () => true,
      () => false,
    );
  }

  async #judged(): Promise<{ readonly rows: number; readonly changes: number }> {
    return { rows: await this.#verdicts.rowsCompared(), changes: await this.#verdicts.changesFoundClean() };
  }
}
