// Semantic conventions were renamed while services were in use: old names are mapped on the way in, so that the rest
// of Banyan knows one name for each thing. A value under the new name wins.
import type { AttributeValue } from './attributeValue.ts';

const NEW_NAME: Readonly<Record<string, string>> = {
  'http.method': 'http.request.method',
  'http.status_code': 'http.response.status_code',
  'net.host.name': 'server.address',
  'net.host.port': 'server.port',
  'messaging.operation': 'messaging.operation.type',
  'messaging.destination': 'messaging.destination.name',
  'messaging.message_id': 'messaging.message.id',
  'messaging.conversation_id': 'messaging.message.conversation_id',
  'messaging.kafka.message.offset': 'messaging.kafka.offset',
  'messaging.kafka.message_key': 'messaging.kafka.message.key',
  'messaging.kafka.consumer.group': 'messaging.consumer.group.name',
  'messaging.kafka.consumer_group': 'messaging.consumer.group.name',
};
const PARTITION = 'messaging.destination.partition.id';
const OLD_PARTITIONS = ['messaging.kafka.destination.partition', 'messaging.kafka.partition'];

type Attributes = Record<string, AttributeValue>;

/** Renames old attributes in place, and returns the same object. */
export function modernAttributes(attributes: Attributes): Attributes {
  for (const name in attributes) {
    const value = attributes[name];
    if (value === undefined) continue;
    const newName = NEW_NAME[name];
    if (newName !== undefined) rename(attributes, name, newName, value);
    else if (OLD_PARTITIONS.includes(name)) rename(attributes, name, PARTITION, String(value));
    else if (name === 'http.target') rename(attributes, name, 'url.path', pathOf(value));
  }
  return attributes;
}

function rename(attributes: Attributes, from: string, to: string, value: AttributeValue): void {
  if (!(to in attributes)) attributes[to] = value;
  delete attributes[from];
}

function pathOf(target: AttributeValue): AttributeValue {
  return typeof target === 'string' ? (target.split(/[?#]/, 1)[0] ?? target) : target;
}
