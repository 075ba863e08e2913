// The columns that a mapping uses must be there, and of the JSON type that their topic first showed. Anything else is
// a change of the source's schema, which nobody may guess about.
import { UNAVAILABLE } from './keyText.ts';

export type JsonType = 'string' | 'number' | 'boolean' | 'object';

/** The JSON types of a topic's used columns, learned from its events; `learned` is what the store does not know yet. */
export interface ColumnShape {
  readonly types: Map<string, JsonType>;
  readonly learned: Map<string, JsonType>;
}

/** A shape that knows what the store knows. */
export function columnShape(known: Iterable<readonly [string, JsonType]> = []): ColumnShape {
  return { types: new Map(known), learned: new Map() };
}

type Fields = { readonly [name: string]: unknown };

/**
 * Says what is wrong with a row's used columns, or null. A delete's before-image is trusted for the key only.
 * Types are learned from rows without a problem.
 */
export function columnProblem(
  row: Fields,
  columns: { readonly key: readonly string[]; readonly compared: readonly string[] },
  keyOnly: boolean,
  shape: ColumnShape,
): string | null {
  const problem =
    firstProblem(row, columns.key, shape) ?? (keyOnly ? null : firstProblem(row, columns.compared, shape));
  if (problem !== null) return problem;
  // Nearly every row comes when all types are known.
  if (shape.types.size < columns.key.length + columns.compared.length) {
    learn(row, columns.key, shape);
    if (!keyOnly) learn(row, columns.compared, shape);
  }
  return null;
}

function firstProblem(row: Fields, names: readonly string[], shape: ColumnShape): string | null {
  for (const name of names) {
    const value = row[name];
    if (value === undefined) {
      return `the mapped column ${name} is missing (the event has ${Object.keys(row).slice(0, 20).join(', ')})`;
    }
    if (value === null || value === UNAVAILABLE) continue;
    const expected = shape.types.get(name);
    const found = jsonType(value);
    if (expected !== undefined && expected !== found) {
      return `the mapped column ${name} is a ${found} here and was a ${expected} before`;
    }
  }
  return null;
}

function learn(row: Fields, names: readonly string[], shape: ColumnShape): void {
  for (const name of names) {
    const value = row[name];
    if (value === null || value === UNAVAILABLE || shape.types.has(name)) continue;
    shape.types.set(name, jsonType(value));
    shape.learned.set(name, jsonType(value));
  }
}

function jsonType(value: unknown): JsonType {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
    case 'bigint':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      return 'object';
  }
}
