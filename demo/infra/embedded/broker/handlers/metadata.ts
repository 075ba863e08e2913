import { type Handler, NODE_ID } from '../api.ts';
import { errorCodes } from '../errorCodes.ts';
import { isTopicName } from '../topics.ts';

/** Metadata, versions 0 to 6: one broker that leads everything; a topic is never made by asking for it. */
export const metadata: Handler = ({ body, version }, answer, { topics, host, port, clusterId }) => {
  const names = body.nullableArray(() => body.string());
  const all = names === null || (version === 0 && names.length === 0);
  const asked = all ? topics.all().map(({ name }) => name) : names;
  if (version >= 3) answer.int32(0);
  answer.int32(1).int32(NODE_ID).string(host).int32(port);
  if (version >= 1) answer.string(null);
  if (version >= 2) answer.string(clusterId);
  if (version >= 1) answer.int32(NODE_ID);
  answer.array(asked, (name) => {
    const topic = topics.get(name);
    const missing = isTopicName(name) ? errorCodes.unknownTopicOrPartition : errorCodes.invalidTopic;
    answer.int16(topic === undefined ? missing : errorCodes.none).string(name);
    if (version >= 1) answer.boolean(false);
    answer.array([...(topic?.partitions.keys() ?? [])], (partition) => {
      answer.int16(errorCodes.none).int32(partition).int32(NODE_ID);
      answer.int32(1).int32(NODE_ID).int32(1).int32(NODE_ID);
      if (version >= 5) answer.int32(0);
    });
  });
};
