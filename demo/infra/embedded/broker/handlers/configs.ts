import { type Handler, NODE_ID } from '../api.ts';
import { errorCodes } from '../errorCodes.ts';
import { type ConfigEntry, configEntries, invalidConfig } from '../topicConfig.ts';
import type { Topics } from '../topics.ts';

const TOPIC = 2;
const BROKER = 4;
const DYNAMIC_TOPIC_SOURCE = 1;
const DEFAULT_SOURCE = 5;

const brokerEntries: readonly ConfigEntry[] = [
  { name: 'auto.create.topics.enable', value: 'false', isDefault: true },
  { name: 'broker.id', value: String(NODE_ID), isDefault: true },
];

function entriesOf(topics: Topics, type: number, name: string): readonly ConfigEntry[] | undefined {
  if (type === BROKER) return name === String(NODE_ID) ? brokerEntries : undefined;
  const topic = type === TOPIC ? topics.get(name) : undefined;
  return topic === undefined ? undefined : configEntries(topic.config);
}

/** DescribeConfigs, versions 0 to 2, of topics and of the broker. */
export const describeConfigs: Handler = ({ body, version }, answer, { topics }) => {
  const asked = body.array(() => ({
    type: body.int8(),
    name: body.string(),
    keys: body.nullableArray(() => body.string()),
  }));
  answer.int32(0).array(asked, ({ type, name, keys }) => {
    const all = entriesOf(topics, type, name);
    const entries = all?.filter((entry) => keys === null || keys.length === 0 || keys.includes(entry.name)) ?? [];
    const missing = type === TOPIC ? errorCodes.unknownTopicOrPartition : errorCodes.invalidRequest;
    answer.int16(all === undefined ? missing : errorCodes.none).string(null);
    answer
      .int8(type)
      .string(name)
      .array(entries, (entry) => {
        answer
          .string(entry.name)
          .string(entry.value)
          .boolean(type === BROKER);
        if (version === 0) answer.boolean(entry.isDefault).boolean(false);
        else
          answer
            .int8(entry.isDefault ? DEFAULT_SOURCE : DYNAMIC_TOPIC_SOURCE)
            .boolean(false)
            .int32(0);
      });
  });
};

/** AlterConfigs, versions 0 and 1: replaces all settings of a topic. */
export const alterConfigs: Handler = ({ body }, answer, { topics }) => {
  const asked = body.array(() => {
    const type = body.int8();
    const name = body.string();
    const config = new Map<string, string>();
    body.array(() => {
      const key = body.string();
      const value = body.nullableString();
      if (value !== null) config.set(key, value);
    });
    return { type, name, config };
  });
  const validateOnly = body.boolean();
  answer.int32(0).array(asked, ({ type, name, config }) => {
    const topic = type === TOPIC ? topics.get(name) : undefined;
    const wrong = invalidConfig(config);
    if (topic !== undefined && wrong === undefined && !validateOnly) topics.configure(topic, config);
    const missing = type === TOPIC ? errorCodes.unknownTopicOrPartition : errorCodes.invalidRequest;
    const error = wrong === undefined ? errorCodes.none : errorCodes.invalidConfig;
    answer.int16(topic === undefined ? missing : error);
    answer
      .string(wrong === undefined ? null : `Setting ${wrong} is not valid.`)
      .int8(type)
      .string(name);
  });
};
