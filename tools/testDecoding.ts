const FIELD = /(\w+)\[((?:[^\]]|\[\])+)\]:('(?:[^']|'')*'|[^\s]+)/g;

/** The columns of a row as test_decoding writes them. */
export function fieldsOf(text: string): Record<string, string | null> {
  const fields: Record<string, string | null> = {};
  for (const [, name = '', , value = ''] of text.matchAll(FIELD)) {
    fields[name] = value === 'null' ? null : value.startsWith("'") ? value.slice(1, -1).replaceAll("''", "'") : value;
  }
  return fields;
}

/** The partition that a key's changes go to while the topic has so many. */
export function partitionOf(key: string, partitions: number): number {
  return (key.length + [...key].reduce((sum, c) => sum * 31 + c.charCodeAt(0), 7)) % partitions;
}
