/** Defaults of the topic settings that this broker reports. Only `max.message.bytes` and `retention.bytes` have an effect. */
const defaults: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'compression.type': 'producer',
  'max.message.bytes': '1048588',
  'message.timestamp.type': 'CreateTime',
  'min.insync.replicas': '1',
  'retention.bytes': '-1',
  'retention.ms': '604800000',
  'segment.bytes': '1073741824',
};

export interface ConfigEntry {
  readonly name: string;
  readonly value: string;
  readonly isDefault: boolean;
}

export const configEntries = (own: ReadonlyMap<string, string>): ConfigEntry[] =>
  [...new Set([...Object.keys(defaults), ...own.keys()])].sort().map((name) => ({
    name,
    value: own.get(name) ?? defaults[name] ?? '',
    isDefault: !own.has(name),
  }));

/** Name of the first setting that is unknown or, where a number is needed, not one; undefined if all are right. */
export function invalidConfig(own: ReadonlyMap<string, string>): string | undefined {
  for (const [name, value] of own) {
    const isNumber = /\.(bytes|ms|replicas)$/.test(name);
    if (isNumber && !/^-?\d+$/.test(value)) return name;
    if (!/^[a-z][a-z.]*$/.test(name)) return name;
  }
  return undefined;
}

export const maxMessageBytes = (own: ReadonlyMap<string, string>): number =>
  Number(own.get('max.message.bytes') ?? defaults['max.message.bytes']);

/** `retention.bytes` of the topic where it sets a limit, else the broker's own. */
export function retentionBytes(own: ReadonlyMap<string, string>, brokerDefault: number): number {
  const value = Number(own.get('retention.bytes') ?? '-1');
  return value >= 0 ? Math.min(value, brokerDefault) : brokerDefault;
}
