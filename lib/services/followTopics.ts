// Feeds the verifier's windows: follows their topics from where each should begin, without committing a position.
import { messageOf } from '../errors.ts';
import type { RecordMark, VerifiedPartition } from '../ports/continuousStore.ts';
import type { EventSource, LogRange, SourceListener, StartPosition, TopicPartition } from '../ports/eventSource.ts';
import type { Logger } from '../ports/logger.ts';
import type { ChangeWindow } from './changeWindow.ts';

export interface FollowOptions {
  readonly source: EventSource;
  /** Several windows may hold one topic: each decodes its own columns. */
  readonly windows: readonly ChangeWindow[];
  /** How far changes of a topic have been verified, by partition; empty if none ever was. */
  readonly verifiedTo: (topic: string) => Promise<Verified>;
  readonly logger: Logger;
  /** Why nothing can be followed now, or null. */
  readonly reported: (trouble: string | null) => void;
  /** Events before the log's end that are read at the first start, so that a verdict knows what came before it. */
  readonly history?: bigint;
}

export interface Following {
  stop(): Promise<void>;
}

type Verified = ReadonlyMap<number, VerifiedPartition>;

/** Enough that looks of the last two minutes are within it, at some 80 changes a second and partition. */
const HISTORY = 10_000n;

/** Starts reading; whatever happens outside is tried again for ever and told to `reported`. */
export function followTopics(options: FollowOptions): Following {
  const { source, windows, logger, reported } = options;
  const topics = [...new Set(windows.map(({ topic }) => topic))];
  const listener: SourceListener = {
    async assigned(partitions) {
      const ranges = await source.ranges(topics);
      const verified = new Map<string, Verified>();
      for (const topic of topics) verified.set(topic, await options.verifiedTo(topic));
      for (const window of windows) noticeGrowth(window, partitions, verified.get(window.topic) ?? new Map());
      return partitions.map((at) => {
        const own = windows.filter(({ topic }) => topic === at.topic);
        const range = rangeOf(ranges, at);
        const known = verified.get(at.topic) ?? new Map();
        const begin = beginning(range, known, at.partition, options.history ?? HISTORY);
        return startOf(own, at, range, begin, known.get(at.partition)?.mark ?? null);
      });
    },
    async batch(batch) {
      for (const window of windows) {
        if (window.topic !== batch.topic) continue;
        try {
          window.add(batch);
        } catch (error) {
          // A batch that can't be taken must end neither the process nor the other windows: it counts as lost.
          window.partition(batch.partition)?.lose(batch, messageOf(error));
          logger.error({ topic: batch.topic, partition: batch.partition, err: messageOf(error) }, 'a batch was lost');
        }
      }
    },
    missingTopics: (missing) =>
      reported(missing.length === 0 ? null : `topics that do not exist yet: ${missing.join(', ')}`),
    connection: (state) => reported(state.reachable ? null : state.detail),
  };
  if (topics.length > 0) source.start(topics, listener);
  return { stop: () => source.stop() };
}

/** Partitions were added if some are not among those followed or, when nothing is yet, those verified before. */
function noticeGrowth(window: ChangeWindow, assigned: readonly TopicPartition[], verified: Verified): void {
  const { topic, partitions } = window;
  const known = new Set(partitions.length > 0 ? partitions.map(({ part }) => part) : verified.keys());
  const hasNew = assigned.some((at) => at.topic === topic && !known.has(at.partition));
  if ((known.size > 0 && hasNew) || [...verified.values()].some(({ grown }) => grown)) window.grow();
}

/** Where a partition begins to be held: at what has not been verified yet, and not without some history. */
function beginning(range: LogRange | undefined, verified: Verified, part: number, history: bigint): bigint {
  const { low, high } = range ?? { low: 0n, high: 0n };
  const recent = high - history;
  // Of a partition that was added to a topic that has been verified nothing may be left out.
  const next = verified.get(part)?.next ?? (verified.size > 0 ? low : recent);
  const from = next > recent ? recent : next;
  return from > low ? from : low;
}

/** Takes the partition up in the windows of its topic, or goes on where the window stands that is least far. */
function startOf(
  windows: readonly ChangeWindow[],
  at: TopicPartition,
  range: LogRange | undefined,
  begin: bigint,
  mark: RecordMark | null,
): StartPosition {
  const resumes = windows.map((window) => {
    const partition = window.open(at.partition, begin, mark);
    if (range !== undefined) partition.checkRange(range.low, range.high);
    return partition.resumeAt;
  });
  const first = resumes.reduce((a, b) => (b < a ? b : a), resumes[0] ?? begin);
  // The last record read may have been dropped meanwhile: what is left of the log follows on it.
  const offset = range !== undefined && first < range.low ? range.low : first;
  return { ...at, offset };
}

function rangeOf(ranges: ReadonlyMap<string, readonly LogRange[]>, at: TopicPartition): LogRange | undefined {
  return ranges.get(at.topic)?.find(({ partition }) => partition === at.partition);
}
