// One owned partition: batches are folded in order and each is committed with its position, or not at all. After any
// error the outcome is unknown: the position in memory is dropped and read again from the store.
import { columnShape } from '../core/cdc/columnShape.ts';
import { RedeliveryFilter } from '../core/cdc/redelivery.ts';
import { BanyanError, messageOf } from '../errors.ts';
import type { SourceBatch, SourceRecord, TopicPartition } from '../ports/eventSource.ts';
import type { Claim, LastRecord } from '../ports/factStore.ts';
import { type FoldedBatch, type FoldState, foldBatch, refusedRecord } from './ingestFold.ts';
import type { TopicPlan } from './ingestPlan.ts';
import type { PartitionEvents, PartitionPorts } from './partitionPorts.ts';

interface Queued {
  readonly batch: SourceBatch;
  readonly release: () => void;
}

/** A transaction gathers what has queued up meanwhile, up to this many records. */
const MAX_RECORDS = 20_000;

export class IngestPartition {
  readonly at: TopicPartition;
  readonly #plan: TopicPlan;
  readonly #ports: PartitionPorts;
  readonly #events: PartitionEvents;
  #epoch: bigint;
  #next: bigint;
  #last: LastRecord | null;
  #lastChecked: boolean;
  #state: FoldState;
  #queue: Queued[] = [];
  #working: Promise<void> | null = null;
  #ended = false;
  #halted = false;

  constructor(plan: TopicPlan, claim: Claim, ports: PartitionPorts, events: PartitionEvents) {
    this.at = { topic: claim.topic, partition: claim.partition };
    this.#plan = plan;
    this.#ports = ports;
    this.#events = events;
    this.#epoch = claim.epoch;
    this.#next = claim.nextOffset;
    this.#last = claim.last;
    this.#lastChecked = claim.last === null;
    this.#state = foldState(claim);
  }

  get epoch(): bigint {
    return this.#epoch;
  }

  get nextOffset(): bigint {
    return this.#next;
  }

  get isHalted(): boolean {
    return this.#halted || this.#ended;
  }

  /** Where to read from: the last counted record comes again, to see that the log is the same. */
  get startOffset(): bigint {
    return this.#last?.offset ?? this.#next;
  }

  /** Queues a batch; resolves when its memory may be given back. */
  add(batch: SourceBatch): Promise<void> {
    if (this.isHalted) return Promise.resolve();
    return new Promise((release) => {
      this.#queue.push({ batch, release });
      this.#working ??= this.#work().finally(() => {
        this.#working = null;
      });
    });
  }

  /** Gives the partition up: what is queued is dropped, what is being written is fenced or finishes. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#drop();
    await this.#working;
  }

  /** Stops for a reason that a person must look at; the others go on. */
  async stop(reason: string): Promise<void> {
    if (this.isHalted) return;
    this.#halted = true;
    this.#drop();
    this.#events.halt();
    this.#events.stopped(reason);
    await this.#ports.store
      .setStopped(this.#ports.consumer, { ...this.at, epoch: this.#epoch }, reason)
      .catch((error: unknown) => this.#events.storeFailed(error));
  }

  #drop(): void {
    for (const { release } of this.#queue.splice(0)) release();
  }

  async #work(): Promise<void> {
    // Lets the batches of the same fetch queue up, so that they share a transaction.
    await Promise.resolve();
    while (this.#queue.length > 0 && !this.isHalted) {
      const taken = this.#take();
      try {
        await this.#process(taken.map(({ batch }) => batch));
      } catch (error) {
        await this.#recover(error);
      } finally {
        for (const { release } of taken) release();
      }
    }
  }

  #take(): Queued[] {
    let records = 0;
    let count = 0;
    for (const { batch } of this.#queue) {
      if (count > 0 && records + batch.records.length > MAX_RECORDS) break;
      records += batch.records.length;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #process(taken: readonly SourceBatch[]): Promise<void> {
    const batches = this.#contiguous(taken);
    if (batches.length < taken.length) await this.#readAgain();
    const newest = batches.at(-1);
    if (newest === undefined || this.isHalted) return;
    const arrived = batches.length === 1 ? newest.records : batches.flatMap(({ records }) => records);
    const recreated = this.#recreated(arrived);
    if (recreated !== null) return this.stop(recreated);
    if (newest.nextOffset <= this.#next) return;
    const fresh = arrived[0] === undefined || arrived[0].offset >= this.#next;
    const records = fresh ? arrived : arrived.filter(({ offset }) => offset >= this.#next);
    await this.#store(records, newest.nextOffset, newest.highWatermark);
  }

  /** Stores these records; those that the store refuses are found by halving and become dead letters. */
  async #store(records: readonly SourceRecord[], nextOffset: bigint, highWatermark: bigint): Promise<void> {
    const folded = foldBatch(this.#plan, this.at.partition, this.#state, records);
    const refusal = await this.#commit(folded, records, nextOffset, highWatermark);
    if (refusal === null) return;
    // Folding has moved the state past what was not stored.
    if (!(await this.#reread())) return;
    const middle = records[records.length >> 1];
    if (middle === undefined) throw new BanyanError('internal', `the store refuses a position: ${refusal}`);
    if (records.length === 1) {
      const again = await this.#commit(refusedRecord(middle, refusal), records, nextOffset, highWatermark);
      if (again !== null) throw new BanyanError('internal', `the store refuses a dead letter: ${again}`);
      return;
    }
    await this.#store(records.slice(0, records.length >> 1), middle.offset, highWatermark);
    if (!this.isHalted) await this.#store(records.slice(records.length >> 1), nextOffset, highWatermark);
  }

  /** Commits what was folded; returns why the store refuses it, or null. */
  async #commit(
    folded: FoldedBatch,
    records: readonly SourceRecord[],
    nextOffset: bigint,
    highWatermark: bigint,
  ): Promise<string | null> {
    const readOffset = this.#next;
    const lastRecord = records.at(-1) ?? null;
    const last = lastRecord === null ? null : this.#lastOf(lastRecord);
    const result = await this.#ports.store.commit({
      ...this.at,
      consumer: this.#ports.consumer,
      epoch: this.#epoch,
      readOffset,
      nextOffset,
      last,
      countedUpTo: this.#state.filter.countedUpTo,
      highWatermark,
      facts: folded.facts,
    });
    switch (result.kind) {
      case 'committed':
        this.#next = nextOffset;
        this.#last = last ?? this.#last;
        this.#state.shape.learned.clear();
        this.#events.counted({
          received: folded.facts.received,
          duplicates: folded.facts.duplicates + result.sagaDuplicates,
          deadLetters: folded.facts.deadLetters.map(({ record, reason, detail }) => ({
            offset: record.offset,
            reason,
            detail,
          })),
          hops: folded.hops,
          newest: lastRecord,
        });
        return null;
      case 'refused':
        return result.detail;
      case 'fenced':
        this.#giveUp();
        return null;
      case 'moved':
        throw new BanyanError('conflict', `the store stands at ${result.nextOffset}, this reader at ${readOffset}`);
      default:
        return result satisfies never;
    }
  }

  /** Leading batches that go on where the one before ended: one that was read from further on belongs to another reading. */
  #contiguous(taken: readonly SourceBatch[]): readonly SourceBatch[] {
    let expected = this.#next;
    for (const [index, batch] of taken.entries()) {
      if (batch.readFrom > expected) return taken.slice(0, index);
      if (batch.nextOffset > expected) expected = batch.nextOffset;
    }
    return taken;
  }

  /** The source jumped ahead: records were lost, or the batch is a leftover and is read again. */
  async #readAgain(): Promise<void> {
    const start = await this.#events.logStart();
    if (start !== null && start > this.#next) return this.stop(gapReason(this.at, this.#next, start));
    this.#drop();
    this.#events.seek(this.#next);
  }

  /** Says so if the record that was counted last is another one now. */
  #recreated(records: readonly SourceRecord[]): string | null {
    const first = records[0];
    if (this.#lastChecked || this.#last === null || first === undefined) return null;
    this.#lastChecked = true;
    if (first.offset !== this.#last.offset || sameRecord(this.#lastOf(first), this.#last)) return null;
    const { topic, partition } = this.at;
    return `${topic} was recreated: the record at partition ${partition}, offset ${first.offset} is not the one that was counted`;
  }

  #lastOf(record: SourceRecord): LastRecord {
    return { offset: record.offset, timestampMs: record.timestampMs, hash: this.#ports.hash(record) };
  }

  #giveUp(): void {
    this.#halted = true;
    this.#drop();
    this.#events.halt();
  }

  /** Takes what the store says of the partition; false if it is no longer this reader's. */
  async #reread(): Promise<boolean> {
    const claim = await this.#ports.store.reread(this.#ports.consumer, this.at);
    if (this.isHalted) return false;
    if (claim === null || claim.epoch !== this.#epoch) {
      this.#giveUp();
      return false;
    }
    this.#next = claim.nextOffset;
    this.#last = claim.last;
    this.#lastChecked = claim.last === null;
    this.#state = foldState(claim);
    return true;
  }

  /** Nothing in memory is trusted after an error: the store says where it stands, as soon as it answers. */
  async #recover(error: unknown): Promise<void> {
    this.#events.storeFailed(error);
    for (let waitMs = 200; !this.isHalted; waitMs = Math.min(waitMs * 2, 5_000)) {
      await this.#ports.sleep(waitMs);
      try {
        if (!(await this.#reread())) return;
        this.#drop();
        this.#events.seek(this.startOffset);
        return;
      } catch (again) {
        this.#events.storeFailed(new BanyanError('unavailable', messageOf(again), { cause: again }));
      }
    }
  }
}

/** The sentence for records that the broker dropped before they were counted. */
export function gapReason({ topic, partition }: TopicPartition, next: bigint, start: bigint): string {
  return `${topic} partition ${partition}: offsets ${next} to ${start - 1n} were dropped by the broker before they were counted`;
}

function foldState(claim: Claim): FoldState {
  return { filter: new RedeliveryFilter(claim.countedUpTo), shape: columnShape(claim.shape) };
}

function sameRecord(a: LastRecord, b: LastRecord): boolean {
  return a.timestampMs === b.timestampMs && Buffer.compare(a.hash, b.hash) === 0;
}
