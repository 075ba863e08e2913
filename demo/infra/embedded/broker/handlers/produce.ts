import type { Handler } from '../api.ts';
import { errorCodes } from '../errorCodes.ts';
import { firstTimestampOf, splitBatches } from '../recordBatch.ts';
import { maxMessageBytes } from '../topicConfig.ts';
import type { Topics } from '../topics.ts';

interface Outcome {
  readonly error: number;
  readonly baseOffset: bigint;
  readonly logStart: bigint;
}

const refused = (error: number): Outcome => ({ error, baseOffset: -1n, logStart: -1n });

/** Produce, versions 3 to 7: appends each batch as it came. */
export const produce: Handler = ({ body, version }, answer, { topics }) => {
  body.nullableString(); // transactional id
  const acks = body.int16();
  body.int32(); // time-out: an append is immediate
  const results = body.array(() => {
    const name = body.string();
    const partitions = body.array(() => {
      const index = body.int32();
      return { index, outcome: append(topics, name, index, body.nullableBytes()) };
    });
    return { name, partitions };
  });
  if (acks === 0) answer.suppress();
  answer.array(results, ({ name, partitions }) =>
    answer.string(name).array(partitions, ({ index, outcome }) => {
      answer.int32(index).int16(outcome.error).int64(outcome.baseOffset).int64(-1n);
      if (version >= 5) answer.int64(outcome.logStart);
    }),
  );
  answer.int32(0);
};

function append(topics: Topics, name: string, index: number, records: Buffer | null): Outcome {
  const topic = topics.get(name);
  const log = topic?.partitions[index];
  if (topic === undefined || log === undefined) return refused(errorCodes.unknownTopicOrPartition);
  const batches = records === null ? undefined : splitBatches(records);
  const [first] = batches ?? [];
  if (batches === undefined || first === undefined) return refused(errorCodes.corruptMessage);
  const limit = maxMessageBytes(topic.config);
  if (batches.some((batch) => batch.length > limit)) return refused(errorCodes.messageTooLarge);
  if (batches.some((batch) => firstTimestampOf(batch) < -1n)) return refused(errorCodes.corruptMessage);
  let baseOffset: bigint | undefined;
  for (const batch of batches) {
    const offset = log.append(batch);
    baseOffset ??= offset;
  }
  return { error: errorCodes.none, baseOffset: baseOffset ?? -1n, logStart: log.logStart };
}
