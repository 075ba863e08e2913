import { setTimeout as sleep } from 'node:timers/promises';
import { patiently } from '../verifyRig/patiently.ts';
import type { VerifyRig } from '../verifyRig/verifyRig.ts';

type Positions = ReadonlyMap<number, bigint>;

/** Fine where latencies are measured; for the rate seldom, for whoever looks takes time from the verifier. */
const POLL_MS = { measuring: 10, waiting: 50 } as const;

interface Applied {
  readonly next: bigint;
  readonly atMs: number;
}

/** Watches the offsets below which every change is verified, as the store keeps them. */
export class VerifiedPositions {
  /** From the applier's commit to the verified offset, of each change since `measure`. */
  readonly tookMs: number[] = [];
  readonly #rig: VerifyRig;
  readonly #applied = new Map<number, Applied[]>();
  readonly #counted = new Map<number, bigint>();
  #positions: Positions = new Map();
  #measures = false;
  #stopped = false;
  readonly #watching: Promise<void>;

  constructor(rig: VerifyRig) {
    this.#rig = rig;
    rig.applier.onApplied = (partition, next) => {
      if (!this.#measures) return;
      const waiting = this.#applied.get(partition) ?? [];
      waiting.push({ next, atMs: Date.now() });
      this.#applied.set(partition, waiting);
    };
    this.#watching = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#watching;
  }

  measure(): void {
    for (const [partition, next] of this.#positions) this.#counted.set(partition, next);
    this.#measures = true;
  }

  /** Resolves with the time when every partition is verified up to these ends. */
  async reach(ends: Positions, withinMs: number): Promise<number> {
    const giveUpAtMs = Date.now() + withinMs;
    while (![...ends].every(([partition, end]) => (this.#positions.get(partition) ?? 0n) >= end)) {
      if (Date.now() > giveUpAtMs)
        throw new Error(`not verified within ${withinMs} ms: ${[...this.#positions]} of ${[...ends]}`);
      await sleep(POLL_MS.measuring);
    }
    return Date.now();
  }

  /** Resolves with the time when a verifier holds the partitions: it begins to read them. */
  begun(): Promise<number> {
    return patiently('the verifier holds the partitions', async () => {
      const { rows } = await this.#rig.store.pool.query(
        'select count(*)::int as n from verify_partition where topic = $1 and leased_until > now()',
        [this.#rig.forward.topic],
      );
      return rows[0].n > 0 ? Date.now() : undefined;
    });
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      const { rows } = await this.#rig.store.pool
        .query('select part, verified_offset as next from verify_partition where topic = $1', [this.#rig.forward.topic])
        .catch(() => ({ rows: [] }));
      const nowMs = Date.now();
      this.#positions = new Map(rows.map(({ part, next }) => [part, BigInt(next)]));
      for (const [partition, next] of this.#positions) this.#settle(partition, next, nowMs);
      await sleep(this.#measures ? POLL_MS.measuring : POLL_MS.waiting);
    }
  }

  #settle(partition: number, verified: bigint, nowMs: number): void {
    const waiting = this.#applied.get(partition) ?? [];
    while (waiting[0] !== undefined && waiting[0].next <= verified) {
      const { next, atMs } = waiting.shift() ?? waiting[0];
      const changes = Number(next - (this.#counted.get(partition) ?? 0n));
      this.#counted.set(partition, next);
      for (let i = 0; i < changes; i += 1) this.tookMs.push(nowMs - atMs);
    }
  }
}
