// Canonical JSON as RFC 8785 has it, without its one hard part: there are no fractions here, so no two programs can
// disagree on how a number is written.

/**
 * One text for one value: members in the order of their names' UTF-16 code units, no space, integers only.
 * @throws RangeError for what has no such text: a fraction, an integer past 2^53, undefined, a lone surrogate
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw new RangeError('a text with half a surrogate pair has no canonical form');
      return JSON.stringify(value);
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new RangeError(`${value} is no exact integer`);
      return String(value);
    case 'object':
      return value === null ? 'null' : composite(value);
    default:
      throw new RangeError(`a ${typeof value} has no canonical form`);
  }
}

function composite(value: object): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${canonicalJson(name)}:${canonicalJson(member)}`).join(',')}}`;
}
