import type { Handler } from '../api.ts';
import { errorCodes } from '../errorCodes.ts';
import type { PartitionLog } from '../partitionLog.ts';

const LATEST = -1n;
const EARLIEST = -2n;

/** ListOffsets, versions 1 to 3: earliest, latest, or the first record at or after a timestamp. */
export const listOffsets: Handler = ({ body, version }, answer, { topics }) => {
  body.int32(); // replica id
  if (version >= 2) body.int8();
  const wanted = body.array(() => ({
    topic: body.string(),
    partitions: body.array(() => ({ index: body.int32(), timestamp: body.int64() })),
  }));
  if (version >= 2) answer.int32(0);
  answer.array(wanted, ({ topic, partitions }) =>
    answer.string(topic).array(partitions, ({ index, timestamp }) => {
      const log = topics.partition(topic, index);
      const found = log === undefined ? undefined : positionOf(log, timestamp);
      answer
        .int32(index)
        .int16(found === undefined ? errorCodes.unknownTopicOrPartition : errorCodes.none)
        .int64(found?.timestamp ?? -1n)
        .int64(found?.offset ?? -1n);
    }),
  );
};

function positionOf(log: PartitionLog, timestamp: bigint): { offset: bigint; timestamp: bigint } {
  if (timestamp === LATEST) return { offset: log.highWatermark, timestamp: -1n };
  if (timestamp === EARLIEST) return { offset: log.logStart, timestamp: -1n };
  return log.offsetAt(timestamp) ?? { offset: -1n, timestamp: -1n };
}
