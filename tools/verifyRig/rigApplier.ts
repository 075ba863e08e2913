import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { demoKafka } from '../../demo/infra/demoKafka.ts';
import { RigApplierSession } from './rigApplierSession.ts';
import { comparePositions, type RigEvent, rigEvent } from './rigEvent.ts';
import type { RigTable } from './rigTable.ts';

export interface RigApplierOptions {
  readonly kafka: string;
  readonly topic: string;
  readonly groupId: string;
  readonly databaseUrl: string;
  /** Name of the table that is written. */
  readonly into: string;
  readonly table: RigTable;
  /** Columns that a change of a row that is there already writes; all unless given. */
  readonly updates?: readonly string[];
  /** Replication origin of its session, so that the way back does not capture what it writes. */
  readonly origin: string;
  /** False for events of rows that the written side owns. */
  readonly follows?: (event: RigEvent) => boolean;
}

/** What the applier does with an event: `drop` passes it over, `wrong` writes these columns otherwise. */
export type Treatment = 'apply' | 'drop' | { readonly wrong: Readonly<Record<string, unknown>> };

/** Offsets from `from` on and below `to`. */
export interface OffsetRange {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** Writes rows and applied offset in one transaction and drops repeats by `source.sequence`; goes wrong when told to. */
export class RigApplier {
  paused = false;
  treat: (event: RigEvent) => Treatment = () => 'apply';
  /** Messages of one transaction at most. */
  chunkMessages = 40;
  /** Told of each position that it has committed. */
  onApplied: (partition: number, next: bigint) => void = () => undefined;
  /** Chunks whose transaction is ended by the server between the rows and the commit. */
  crashes = 0;
  /** Why its newest transaction failed. */
  lastError: unknown = null;
  readonly counts = { applied: 0, repeats: 0, owned: 0, crashed: 0 };

  readonly #options: RigApplierOptions;
  readonly #session: RigApplierSession;
  readonly #jumps: OffsetRange[] = [];
  #consumer: Consumer | null = null;

  constructor(options: RigApplierOptions) {
    this.#options = options;
    this.#session = new RigApplierSession(options);
  }

  async start(): Promise<void> {
    const { kafka, topic, groupId } = this.#options;
    const consumer = demoKafka(kafka).consumer({
      groupId,
      maxWaitTimeInMs: 50,
      metadataMaxAge: 1_000,
      sessionTimeout: 10_000,
    });
    this.#consumer = consumer;
    consumer.on(consumer.events.GROUP_JOIN, async ({ payload }) => {
      for (const partition of payload.memberAssignment[topic] ?? []) {
        consumer.seek({ topic, partition, offset: String((await this.#session.position(partition)).next) });
      }
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (batch) => this.#applyBatch(consumer, batch),
    });
  }

  async stop(): Promise<void> {
    await this.#consumer?.disconnect();
    await this.#session.end();
  }

  /** As an operator who resets the group's offsets: once it gets there, the range is never read. */
  jumpOver(range: OffsetRange): void {
    this.#jumps.push(range);
  }

  /** True once a later event of its partition has been counted: delivered again, this one is passed over. */
  async hasCountedPast({ partition, position }: RigEvent): Promise<boolean> {
    const { counted } = await this.#session.position(partition);
    return position !== null && counted !== null && comparePositions(counted, position) > 0;
  }

  async #applyBatch(consumer: Consumer, payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, resolveOffset, isRunning, isStale } = payload;
    const { topic, partition } = batch;
    const goesOn = () => isRunning() && !isStale();
    try {
      const position = await this.#session.position(partition);
      let left = batch.messages.filter(({ offset }) => BigInt(offset) >= position.next);
      while (left.length > 0) {
        while (this.paused && goesOn()) {
          await heartbeat();
          await sleep(50);
        }
        if (!goesOn()) return;
        const first = BigInt(left[0]?.offset ?? 0);
        const jump = this.#jumps.find(
          (range) => range.partition === partition && first >= range.from && first < range.to,
        );
        const stopAt = jump?.to ?? this.#nextJump(partition, first);
        const chunk = left
          .slice(0, this.chunkMessages)
          .filter(({ offset }) => stopAt === null || BigInt(offset) < stopAt);
        if (jump === undefined) {
          const events = chunk.flatMap((message) => rigEvent(partition, message) ?? []);
          await this.#applyChunk(partition, events, BigInt(chunk.at(-1)?.offset ?? first) + 1n);
          left = left.slice(chunk.length);
        } else {
          await this.#session.write(partition, [], { ...(await this.#session.position(partition)), next: jump.to });
          left = left.filter(({ offset }) => BigInt(offset) >= jump.to);
        }
        await heartbeat();
      }
      resolveOffset(batch.lastOffset());
      const { next } = await this.#session.position(partition);
      await consumer.commitOffsets([{ topic, partition, offset: String(next) }]).catch(() => undefined);
    } catch (error) {
      this.lastError = error;
      // Its connection is gone: what was not committed is read again.
      this.counts.crashed += 1;
      await this.#session.end();
      const { next } = await this.#session.position(partition);
      consumer.seek({ topic, partition, offset: String(next) });
    }
  }

  #nextJump(partition: number, from: bigint): bigint | null {
    const ahead = this.#jumps.filter((range) => range.partition === partition && range.from > from);
    return ahead.reduce<bigint | null>(
      (least, range) => (least === null || range.from < least ? range.from : least),
      null,
    );
  }

  async #applyChunk(partition: number, events: readonly RigEvent[], next: bigint): Promise<void> {
    let { counted, keys } = await this.#session.position(partition);
    const newest = new Map<string, RigEvent>();
    for (const event of events) {
      if (event.position !== null && event.op !== 'r') {
        const order = counted === null ? 1 : comparePositions(event.position, counted);
        if (order < 0 || (order === 0 && keys.includes(event.key))) {
          this.counts.repeats += 1;
          continue;
        }
        keys = order > 0 ? [event.key] : [...keys, event.key];
        counted = event.position;
      }
      if (this.#options.follows?.(event) === false) {
        this.counts.owned += 1;
        continue;
      }
      const treatment = this.treat(event);
      if (treatment === 'drop') continue;
      this.counts.applied += 1;
      newest.set(event.key, treatment === 'apply' ? event : falsified(event, treatment.wrong));
    }
    const crash = this.crashes > 0 && newest.size > 0;
    if (crash) this.crashes -= 1;
    await this.#session.write(partition, [...newest.values()], { next, counted, keys }, crash);
    this.onApplied(partition, next);
  }
}

function falsified(event: RigEvent, wrong: Readonly<Record<string, unknown>>): RigEvent {
  return { ...event, text: JSON.stringify({ after: { ...event.after, ...wrong } }) };
}
