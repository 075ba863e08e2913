import { type Handler, NODE_ID } from '../api.ts';
import type { CommittedOffset } from '../committedOffsets.ts';
import { errorCodes } from '../errorCodes.ts';

/** FindCoordinator, versions 0 to 2: this broker, for groups and transactions alike. */
export const findCoordinator: Handler = ({ body, version }, answer, { host, port }) => {
  body.string();
  if (version >= 1) answer.int32(0);
  answer.int16(errorCodes.none);
  if (version >= 1) answer.string(null);
  answer.int32(NODE_ID).string(host).int32(port);
};

/** OffsetCommit, versions 2 to 5. */
export const offsetCommit: Handler = ({ body, version }, answer, { groups, topics }) => {
  const groupId = body.string();
  const generation = body.int32();
  const memberId = body.string();
  if (version <= 4) body.int64(); // retention
  const asked = body.array(() => ({
    topic: body.string(),
    partitions: body.array(() => ({ index: body.int32(), offset: body.int64(), metadata: body.nullableString() })),
  }));
  const refusal = groups.open(groupId).commitError(memberId, generation);
  const accepted: CommittedOffset[] = [];
  const results = asked.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ index, offset, metadata }) => {
      const missing = topics.partition(topic, index) === undefined;
      const error = refusal === errorCodes.none && missing ? errorCodes.unknownTopicOrPartition : refusal;
      if (error === errorCodes.none && offset >= 0n)
        accepted.push({ group: groupId, topic, partition: index, offset: String(offset), metadata });
      return { index, error };
    }),
  }));
  groups.offsets.commit(accepted);
  if (version >= 3) answer.int32(0);
  answer.array(results, ({ topic, partitions }) =>
    answer.string(topic).array(partitions, ({ index, error }) => answer.int32(index).int16(error)),
  );
};

/** OffsetFetch, versions 1 to 4; a null list of topics asks for everything that the group has committed. */
export const offsetFetch: Handler = ({ body, version }, answer, { groups }) => {
  const groupId = body.string();
  const named = body.nullableArray(() => ({ topic: body.string(), partitions: body.array(() => body.int32()) }));
  const asked = named ?? partitionsByTopic(groups.offsets.ofGroup(groupId));
  if (version >= 3) answer.int32(0);
  answer.array(asked, ({ topic, partitions }) =>
    answer.string(topic).array(partitions, (index) => {
      const held = groups.offsets.get(groupId, topic, index);
      answer
        .int32(index)
        .int64(BigInt(held?.offset ?? '-1'))
        .string(held?.metadata ?? (held ? null : ''));
      answer.int16(errorCodes.none);
    }),
  );
  if (version >= 2) answer.int16(errorCodes.none);
};

function partitionsByTopic(offsets: readonly CommittedOffset[]): { topic: string; partitions: number[] }[] {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of offsets) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition]);
  return [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
}
