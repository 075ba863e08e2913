// Reads the migration's topics and counts each record exactly once: a partition is claimed (which fences every older
// owner), read from where the store stands, and its facts move with its position.
import { messageOf } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  EventSource,
  LogRange,
  SourceListener,
  SourceRecord,
  StartPosition,
  TopicPartition,
} from '../ports/eventSource.ts';
import type { FactStore } from '../ports/factStore.ts';
import type { Logger } from '../ports/logger.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';
import { gapReason, IngestPartition } from './ingestPartition.ts';
import type { TopicPlan } from './ingestPlan.ts';
import { IngestStatus } from './ingestStatus.ts';

export interface IngestOptions {
  readonly plans: ReadonlyMap<string, TopicPlan>;
  /** Consumer group: the name under which positions are kept. */
  readonly consumer: string;
  /** This worker. */
  readonly owner: string;
  readonly startFrom: 'earliest' | 'latest';
  /** The brokers, for messages. */
  readonly brokers: string;
  readonly source: EventSource;
  readonly store: FactStore;
  readonly status: StatusBoard;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hash: (record: SourceRecord) => Uint8Array;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A running ingest. */
export interface Ingest {
  /** Reads the logs' ends: notes what is caught up, finds gaps. The worker calls it every second. */
  tick(): Promise<void>;
  readonly status: IngestStatus;
  /** Finishes or drops what is in flight; every counted record stays counted. */
  stop(): Promise<void>;
}

interface Mark {
  readonly high: bigint;
  readonly atMs: number;
}

/** Starts reading; never throws for what happens outside: that goes to the status board. */
export function startIngest(options: IngestOptions): Ingest {
  const { source, store, plans, consumer, clock } = options;
  const status = new IngestStatus(options.status, options.clock, options.brokers, [...plans.keys()]);
  const owned = new Map<string, IngestPartition>();
  const marks = new Map<string, Mark>();

  const listener: SourceListener = {
    async assigned(partitions) {
      const old = [...owned.values()];
      owned.clear();
      marks.clear();
      await Promise.all(old.map((partition) => partition.end()));
      // Before the claim, which reports the partitions that it stops.
      status.assigned(partitions.length);
      return claim(partitions);
    },
    async batch(batch) {
      await owned.get(nameOf(batch))?.add(batch);
    },
    missingTopics: (topics) => status.missing(topics),
    connection: (state) => status.connection(state),
  };

  async function claim(partitions: readonly TopicPartition[]): Promise<StartPosition[]> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    const ranges = await source.ranges(topics);
    const withStart = partitions.map((partition) => {
      const range = rangeOf(ranges, partition);
      return { ...partition, start: (options.startFrom === 'earliest' ? range?.low : range?.high) ?? 0n };
    });
    const claims = await store.claim(consumer, options.owner, withStart);
    // Read again: before the claim an older owner may have counted on.
    const current = await source.ranges(topics);
    const starts: StartPosition[] = [];
    for (const claimed of claims) {
      const plan = plans.get(claimed.topic);
      if (plan === undefined) continue;
      const at = { topic: claimed.topic, partition: claimed.partition };
      const partition = new IngestPartition(plan, claimed, options, {
        counted: (count) => status.counted(at, count),
        storeFailed: (error) => {
          status.storeFailed(error);
          options.logger.warn({ ...at, error: messageOf(error) }, 'the store could not be written; trying again');
        },
        seek: (offset) => source.seek(at, offset),
        halt: () => source.halt(at),
        stopped: (reason) => {
          status.stopped(at, reason);
          options.logger.error({ ...at }, reason);
        },
        logStart: async () => rangeOf(await source.ranges([at.topic]), at)?.low ?? null,
      });
      owned.set(nameOf(at), partition);
      const reason = problemOf(partition, partition.nextOffset, rangeOf(current, at));
      if (reason !== null) await partition.stop(reason);
      else await store.setStopped(consumer, { ...at, epoch: claimed.epoch }, null);
      starts.push({ ...at, offset: reason === null ? partition.startOffset : null });
    }
    return starts;
  }

  async function tick(): Promise<void> {
    const partitions = [...owned.values()].filter((partition) => !partition.isHalted);
    if (partitions.length === 0) return status.tick();
    const atMs = clock.nowMs();
    // Read before the logs' ends: records that are counted while the ends are on their way prove nothing.
    const positions = new Map(partitions.map((partition) => [partition, partition.nextOffset]));
    try {
      const ranges = await source.ranges([...new Set(partitions.map(({ at }) => at.topic))]);
      status.connection({ reachable: true });
      const notes = [];
      for (const partition of partitions) {
        const range = rangeOf(ranges, partition.at);
        if (range === undefined) continue;
        const reason = problemOf(partition, positions.get(partition) ?? 0n, range);
        if (reason !== null) await partition.stop(reason);
        else
          notes.push({
            ...partition.at,
            epoch: partition.epoch,
            high: range.high,
            caughtUpMs: caughtUp(partition, range, atMs),
          });
      }
      await store.noteWatermarks(consumer, notes);
      status.storeWorks();
    } catch (error) {
      options.logger.debug({ error: messageOf(error) }, 'the ends of the logs could not be read or noted');
    }
    await source.publishPositions(partitions.map(({ at, nextOffset }) => ({ ...at, offset: nextOffset })));
    status.tick();
  }

  /** The last moment whose high watermark has been counted up to. */
  function caughtUp(partition: IngestPartition, range: LogRange, atMs: number): number | null {
    const name = nameOf(partition.at);
    if (partition.nextOffset >= range.high) {
      marks.delete(name);
      return atMs;
    }
    const mark = marks.get(name);
    if (mark === undefined) marks.set(name, { high: range.high, atMs });
    else if (partition.nextOffset >= mark.high) {
      marks.set(name, { high: range.high, atMs });
      return mark.atMs;
    }
    return null;
  }

  source.start([...plans.keys()], listener);
  return {
    tick,
    status,
    async stop() {
      await source.stop();
      await Promise.all([...owned.values()].map((partition) => partition.end()));
      owned.clear();
    },
  };
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function rangeOf(ranges: ReadonlyMap<string, readonly LogRange[]>, at: TopicPartition): LogRange | undefined {
  return ranges.get(at.topic)?.find(({ partition }) => partition === at.partition);
}

function problemOf(partition: IngestPartition, next: bigint, range: LogRange | undefined): string | null {
  if (range === undefined) return null;
  const { topic, partition: part } = partition.at;
  if (range.high < next) {
    return `${topic} was recreated or lost records: partition ${part} ends at ${range.high}, and ${next} records of it had been counted`;
  }
  return range.low > partition.nextOffset ? gapReason(partition.at, partition.nextOffset, range.low) : null;
}
