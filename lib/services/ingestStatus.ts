import { isPlausibleMs } from '../core/bounds.ts';
import { messageOf } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { TopicPartition } from '../ports/eventSource.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';
import type { HopLags } from './ingestFold.ts';
import type { CountedBatch } from './partitionPorts.ts';

interface TopicTotals {
  received: number;
  duplicates: number;
  deadLettered: number;
  firstDead: string | null;
  lastDeadMs: number;
  readonly stopped: Map<number, string>;
  missing: boolean;
  hops: (HopLags & { readonly atMs: number }) | null;
  sample: unknown;
}

/** Dead letters keep a topic's part degraded for this long after the last one. */
const DEAD_LETTER_MS = 60_000;

/** Figures of this worker since it started, and what they say of the parts `kafka` and `topic:<name>`. */
export class IngestStatus {
  readonly #board: StatusBoard;
  readonly #clock: Clock;
  readonly #brokers: string;
  readonly #topics: Map<string, TopicTotals>;
  #partitions = 0;
  #unreachable: { readonly sinceMs: number; readonly detail: string } | null = null;
  #connected = false;
  #storeError: string | null = null;
  #receivedAtTick = 0;
  #tickMs: number;
  #perSecond = 0;

  constructor(board: StatusBoard, clock: Clock, brokers: string, topics: readonly string[]) {
    this.#board = board;
    this.#clock = clock;
    this.#brokers = brokers;
    this.#tickMs = clock.nowMs();
    this.#topics = new Map(topics.map((topic) => [topic, emptyTotals()]));
  }

  /** False while Kafka can't be reached. */
  get isReachable(): boolean {
    return this.#connected && this.#unreachable === null;
  }

  /** The newest measured hops of a topic, or null. */
  hopsOf(topic: string): (HopLags & { readonly atMs: number }) | null {
    return this.#topics.get(topic)?.hops ?? null;
  }

  /** Counters since this worker started, by topic. */
  get totals(): Readonly<Record<string, { received: number; duplicates: number; deadLettered: number }>> {
    return Object.fromEntries(
      [...this.#topics].map(([topic, { received, duplicates, deadLettered }]) => [
        topic,
        { received, duplicates, deadLettered },
      ]),
    );
  }

  assigned(partitions: number): void {
    this.#partitions = partitions;
    for (const totals of this.#topics.values()) totals.stopped.clear();
    this.connection({ reachable: true });
  }

  counted({ topic, partition }: TopicPartition, count: CountedBatch): void {
    const totals = this.#topics.get(topic);
    this.#storeError = null;
    if (totals === undefined) return;
    totals.received += count.received;
    totals.duplicates += count.duplicates;
    totals.deadLettered += count.deadLetters.length;
    const dead = count.deadLetters[0];
    if (dead !== undefined) {
      totals.firstDead ??= `the first at partition ${partition}, offset ${dead.offset}: ${dead.reason}, ${dead.detail}`;
      totals.lastDeadMs = this.#clock.nowMs();
    }
    if (count.hops !== null) totals.hops = { ...count.hops, atMs: this.#clock.nowMs() };
    totals.sample ??= count.newest === null ? null : sampleOf(partition, count.newest);
  }

  stopped({ topic, partition }: TopicPartition, reason: string): void {
    this.#topics.get(topic)?.stopped.set(partition, reason);
    this.#reportTopic(topic);
  }

  missing(topics: readonly string[]): void {
    for (const [topic, totals] of this.#topics) totals.missing = topics.includes(topic);
    for (const topic of topics) this.#reportTopic(topic);
  }

  connection(state: { readonly reachable: true } | { readonly reachable: false; readonly detail: string }): void {
    if (state.reachable) {
      this.#connected = true;
      this.#unreachable = null;
    } else {
      this.#unreachable = { sinceMs: this.#unreachable?.sinceMs ?? this.#clock.nowMs(), detail: state.detail };
    }
    this.#reportKafka();
  }

  storeFailed(error: unknown): void {
    this.#storeError = messageOf(error);
    this.#reportKafka();
  }

  storeWorks(): void {
    this.#storeError = null;
  }

  /** Reports every part; the rate is over the time since the last call. */
  tick(): void {
    const nowMs = this.#clock.nowMs();
    const received = [...this.#topics.values()].reduce((sum, totals) => sum + totals.received, 0);
    const seconds = Math.max(0.001, (nowMs - this.#tickMs) / 1000);
    this.#perSecond = (received - this.#receivedAtTick) / seconds;
    this.#receivedAtTick = received;
    this.#tickMs = nowMs;
    this.#reportKafka();
    for (const topic of this.#topics.keys()) this.#reportTopic(topic);
  }

  #reportKafka(): void {
    if (this.#unreachable !== null) {
      const since = new Date(this.#unreachable.sinceMs).toISOString().slice(11, 19);
      const detail = `Kafka at ${this.#brokers} unreachable since ${since} UTC: ${this.#unreachable.detail}`;
      this.#board.report({ part: 'kafka', state: 'down', detail, fix: 'start the broker, or correct kafka.brokers' });
    } else if (this.#storeError !== null) {
      const detail = `reading waits for the store: ${this.#storeError}`;
      this.#board.report({ part: 'kafka', state: 'degraded', detail, fix: 'see the part store' });
    } else if (!this.#connected) {
      this.#board.report({ part: 'kafka', state: 'starting', detail: `joining the group at ${this.#brokers}` });
    } else {
      const detail = `${this.#partitions} partitions of ${this.#topics.size} topics, ${this.#perSecond.toFixed(1)} records/s`;
      this.#board.report({ part: 'kafka', state: 'ok', detail });
    }
  }

  #reportTopic(topic: string): void {
    const totals = this.#topics.get(topic);
    if (totals === undefined) return;
    const part = `topic:${topic}`;
    const sample = totals.sample ?? undefined;
    const counts = `${totals.received} records since the start, ${totals.duplicates} repeats, ${totals.deadLettered} dead letters`;
    const reason = [...totals.stopped.values()][0];
    const recentlyDead = totals.lastDeadMs > 0 && this.#clock.nowMs() - totals.lastDeadMs < DEAD_LETTER_MS;
    if (totals.missing) {
      const detail = `the topic ${topic} does not exist at ${this.#brokers}`;
      const fix = 'create it (or start the connector that does), or correct the topic in banyan.yaml';
      this.#board.report({ part, state: 'down', detail, fix });
    } else if (reason !== undefined) {
      const fix =
        'its partition is not counted any more: restore the topic, or start with a new kafka.groupId and a new attempt';
      this.#board.report({ part, state: 'down', detail: reason, fix, sample });
    } else if (recentlyDead) {
      const fix = 'see the dead letters: correct the producer, the converter or the mapping';
      this.#board.report({ part, state: 'degraded', detail: `${counts}; ${totals.firstDead ?? ''}`, fix, sample });
    } else {
      totals.firstDead = null;
      this.#board.report({ part, state: 'ok', detail: counts, sample });
    }
  }
}

function emptyTotals(): TopicTotals {
  return {
    received: 0,
    duplicates: 0,
    deadLettered: 0,
    firstDead: null,
    lastDeadMs: 0,
    stopped: new Map(),
    missing: false,
    hops: null,
    sample: null,
  };
}

function sampleOf(partition: number, record: { offset: bigint; timestampMs: number; key: Buffer | null }): unknown {
  return {
    partition,
    offset: String(record.offset),
    at: isPlausibleMs(record.timestampMs) ? new Date(record.timestampMs).toISOString() : null,
    key: record.key === null ? null : record.key.toString().slice(0, 200),
  };
}
