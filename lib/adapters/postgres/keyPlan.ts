import type { CatalogueColumn, CatalogueTable } from './catalogue.ts';
import type { HashedForm } from './columnForm.ts';
import { byInteger, byOwnHash } from './rowHash.ts';

/** How a key column is ordered, bounded and written as text on both sides. */
export interface KeySql {
  readonly cast: string;
  /** The type that a key is read as when somebody writes it, so that `text` gives the text that its row has. */
  readonly readAs: string;
  readonly order: (expression: string) => string;
  readonly text: (expression: string) => string;
  /** What goes into the row's hash. */
  readonly hash: HashedForm;
  /** Whose order it is: the column's own, that of its bytes, or that of an expression, which no index of the column keeps. */
  readonly by: 'column' | 'bytes' | 'expression';
}

/** A key column of one side. */
export interface KeyColumn {
  readonly name: string;
  readonly sql: KeySql;
}

const INTEGERS = new Set(['int2', 'int4', 'int8']);
const TEXTS = new Set(['text', 'varchar']);
const NATIVE_KEYS = new Set(['uuid', 'date', 'timestamp', 'timestamptz', 'bool', 'bytea', 'oid']);

/** Types ordered by their text, of which one value can be written in several ways. */
const SEVERAL_WAYS = new Set(['bpchar', 'float4', 'float8', 'time', 'timetz', 'interval', 'inet', 'cidr', 'macaddr']);

const hashed = (by: HashedForm['by'], sql: HashedForm['sql']): HashedForm => ({ sql, by });
const same = (expression: string) => expression;
const asText = (expression: string) => `(${expression})::text`;
const scaleless = (expression: string) => `trim_scale(${expression})::text`;
const inBytes = (expression: string) => `(${expression})::text collate "C"`;

/**
 * The key's order on one side, the same on both: by its type where the types agree, by its collation where both sort
 * alike, else by text under COLLATE "C".
 */
export function planKey(own: CatalogueColumn, other: CatalogueColumn): KeySql {
  const both = (bases: ReadonlySet<string>) => bases.has(own.base) && bases.has(other.base);
  if (both(INTEGERS)) {
    const hash = hashed(byInteger(own.base, other.base), same);
    return { cast: 'int8', readAs: 'int8', order: same, text: asText, hash, by: 'column' };
  }
  if (both(new Set([...INTEGERS, 'numeric']))) {
    // One scale for all: 1.0 and 1.00 are one key. An index of integers can't be walked by numerics.
    const by = own.base === 'numeric' ? 'column' : 'expression';
    return { cast: 'numeric', readAs: 'numeric', order: same, text: scaleless, hash: hashed('text', scaleless), by };
  }
  if (own.base === other.base && NATIVE_KEYS.has(own.base)) {
    return {
      cast: own.base,
      readAs: own.base,
      order: same,
      text: asText,
      hash: hashed(byOwnHash(own), same),
      by: 'column',
    };
  }
  const byText = { cast: 'text', readAs: 'text', text: asText } as const;
  if (both(TEXTS) && own.byteOrder) return { ...byText, order: same, hash: hashed('text', asText), by: 'column' };
  // Were the orders not quite alike, rows would be looked at for nothing; none would be left out.
  if (both(TEXTS) && own.textOrder !== null && own.textOrder === other.textOrder) {
    return { ...byText, order: same, hash: hashed('text', inBytes), by: 'column' };
  }
  if (both(TEXTS)) return { ...byText, order: (e) => `${e} collate "C"`, hash: hashed('text', inBytes), by: 'bytes' };
  const readAs = own.base === other.base && SEVERAL_WAYS.has(own.base) ? own.base : 'text';
  return { ...byText, readAs, order: inBytes, hash: hashed('text', inBytes), by: 'expression' };
}

/** True if an index of the table keeps the keys in their order, so that a range of them is read without the rest. */
export function isIndexed(keys: readonly KeyColumn[], { kind, ordered }: CatalogueTable): boolean {
  // Behind a view or a foreign table lie indexes that its own catalogue does not show.
  if (kind === 'v' || kind === 'f') return keys.every(({ sql }) => sql.by === 'column');
  return ordered.some((index) =>
    keys.every(({ name, sql }, at) => {
      const kept = index[at];
      return kept?.column === name && (sql.by === 'column' ? kept.own : sql.by === 'bytes' && kept.bytes);
    }),
  );
}
