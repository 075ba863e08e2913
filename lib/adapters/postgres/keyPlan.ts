import type { CatalogueColumn } from './catalogue.ts';
import { withHighWord } from './columnForm.ts';

/** How a key column is ordered, bounded and written as text on both sides. */
export interface KeySql {
  readonly cast: string;
  readonly order: (expression: string) => string;
  readonly text: (expression: string) => string;
  /** What goes into the row's hash: equal exactly if the texts are. */
  readonly hash: (expression: string) => string;
  /** True if an index of the column keeps this order. */
  readonly indexed: boolean;
}

const INTEGERS = new Set(['int2', 'int4', 'int8']);
const TEXTS = new Set(['text', 'varchar']);
const NATIVE_KEYS = new Set(['uuid', 'date', 'timestamp', 'timestamptz', 'bool', 'bytea', 'oid']);

const same = (expression: string) => expression;
const asText = (expression: string) => `(${expression})::text`;
const scaleless = (expression: string) => `trim_scale(${expression})::text`;
const inBytes = (expression: string) => `(${expression})::text collate "C"`;

/** The key's order on one side, the same on both: by its type where the types agree, else by text under COLLATE "C". */
export function planKey(own: CatalogueColumn, other: CatalogueColumn): KeySql {
  const both = (bases: ReadonlySet<string>) => bases.has(own.base) && bases.has(other.base);
  if (both(INTEGERS)) {
    const hash = own.base === 'int8' || other.base === 'int8' ? withHighWord : same;
    return { cast: 'int8', order: same, text: asText, hash, indexed: true };
  }
  if (both(new Set([...INTEGERS, 'numeric']))) {
    // One scale for all: 1.0 and 1.00 are one key. An index of integers can't be walked by numerics.
    const text = own.base === 'numeric' ? scaleless : asText;
    return { cast: 'numeric', order: same, text, hash: text, indexed: own.base === 'numeric' };
  }
  if (own.base === other.base && NATIVE_KEYS.has(own.base)) {
    return { cast: own.base, order: same, text: asText, hash: same, indexed: true };
  }
  if (both(TEXTS) && own.byteOrder) return { cast: 'text', order: same, text: asText, hash: asText, indexed: true };
  if (both(TEXTS)) {
    return { cast: 'text', order: (e) => `${e} collate "C"`, text: asText, hash: inBytes, indexed: false };
  }
  return { cast: 'text', order: inBytes, text: asText, hash: inBytes, indexed: false };
}
