import type { Handler } from '../api.ts';
import { errorCodes } from '../errorCodes.ts';
import { invalidConfig } from '../topicConfig.ts';
import { isTopicName, type Topics } from '../topics.ts';

interface NewTopic {
  readonly name: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly config: ReadonlyMap<string, string>;
}

interface Refusal {
  readonly error: number;
  readonly message: string;
}

/** CreateTopics, versions 0 to 3. */
export const createTopics: Handler = ({ body, version }, answer, { topics }) => {
  const asked = body.array((): NewTopic => {
    const name = body.string();
    const partitionCount = body.int32();
    const replicationFactor = body.int16();
    const assigned = body.array(() => {
      body.int32();
      body.array(() => body.int32());
    });
    const config = new Map<string, string>();
    body.array(() => {
      const key = body.string();
      const value = body.nullableString();
      if (value !== null) config.set(key, value);
    });
    return { name, partitionCount: assigned.length > 0 ? assigned.length : partitionCount, replicationFactor, config };
  });
  body.int32(); // time-out: done at once
  const validateOnly = version >= 1 && body.boolean();
  const results = asked.map((topic) => {
    const refusal = refusalOf(topic, topics);
    if (refusal === undefined && !validateOnly)
      topics.create(topic.name, topic.partitionCount === -1 ? 1 : topic.partitionCount, topic.config);
    return { name: topic.name, refusal };
  });
  if (version >= 2) answer.int32(0);
  answer.array(results, ({ name, refusal }) => {
    answer.string(name).int16(refusal?.error ?? errorCodes.none);
    if (version >= 1) answer.string(refusal?.message ?? null);
  });
};

function refusalOf(topic: NewTopic, topics: Topics): Refusal | undefined {
  const { name, partitionCount, replicationFactor, config } = topic;
  if (!isTopicName(name)) return { error: errorCodes.invalidTopic, message: `"${name}" is not a topic name` };
  if (topics.get(name) !== undefined)
    return { error: errorCodes.topicAlreadyExists, message: `Topic '${name}' already exists.` };
  if (partitionCount !== -1 && partitionCount < 1)
    return { error: errorCodes.invalidPartitions, message: 'Number of partitions must be larger than 0.' };
  if (replicationFactor !== -1 && replicationFactor !== 1)
    return { error: errorCodes.invalidReplicationFactor, message: 'There is one broker: the replication factor is 1.' };
  const wrong = invalidConfig(config);
  return wrong === undefined
    ? undefined
    : { error: errorCodes.invalidConfig, message: `Setting ${wrong} is not valid.` };
}

/** DeleteTopics, versions 0 and 1; the groups' offsets of the topic go with it. */
export const deleteTopics: Handler = ({ body, version }, answer, { topics, groups }) => {
  const names = body.array(() => body.string());
  if (version >= 1) answer.int32(0);
  answer.array(names, (name) => {
    const deleted = topics.delete(name);
    if (deleted) groups.offsets.deleteTopic(name);
    answer.string(name).int16(deleted ? errorCodes.none : errorCodes.unknownTopicOrPartition);
  });
};

/** CreatePartitions, versions 0 and 1. */
export const createPartitions: Handler = ({ body }, answer, { topics }) => {
  const asked = body.array(() => {
    const name = body.string();
    const count = body.int32();
    body.nullableArray(() => body.array(() => body.int32()));
    return { name, count };
  });
  body.int32(); // time-out
  const validateOnly = body.boolean();
  answer.int32(0).array(asked, ({ name, count }) => {
    const topic = topics.get(name);
    const grows = topic !== undefined && count > topic.partitions.length;
    if (topic !== undefined && grows && !validateOnly) topics.grow(topic, count);
    const error = topic === undefined ? errorCodes.unknownTopicOrPartition : errorCodes.invalidPartitions;
    answer.string(name).int16(grows ? errorCodes.none : error);
    answer.string(grows || topic === undefined ? null : `Topic has ${topic.partitions.length} partitions already.`);
  });
};

/** DeleteRecords, versions 0 and 1: moves the log start; -1 means everything there is. */
export const deleteRecords: Handler = ({ body }, answer, { topics }) => {
  const asked = body.array(() => ({
    name: body.string(),
    partitions: body.array(() => ({ index: body.int32(), before: body.int64() })),
  }));
  answer.int32(0).array(asked, ({ name, partitions }) =>
    answer.string(name).array(partitions, ({ index, before }) => {
      const log = topics.partition(name, index);
      const start = log?.deleteBefore(before);
      const error = log === undefined ? errorCodes.unknownTopicOrPartition : errorCodes.offsetOutOfRange;
      answer
        .int32(index)
        .int64(start ?? -1n)
        .int16(start === undefined ? error : errorCodes.none);
    }),
  );
};
