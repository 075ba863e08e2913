// How one mapped column is read on one side: `hash` goes into the row's digest, `token` is the text that is compared,
// `text` is what a person is shown. Each is SQL over the expression given, so that images of events take the same way.
import pg from 'pg';
import type { ColumnMapping } from '../../core/migration/definition.ts';
import type { CatalogueColumn } from './catalogue.ts';

/** SQL of a column on one side, as functions of the expression that holds its value. */
export interface ColumnSql {
  readonly name: string;
  /** SQL of table alias t that is hashed: the value itself where its hash is as exact as its token. */
  readonly hash: string;
  readonly token: (expression: string) => string;
  readonly type: string;
  readonly base: string;
  readonly category: string;
}

export interface ColumnPlan {
  readonly source: ColumnSql;
  readonly target: ColumnSql;
}

const INTEGERS = new Set(['int2', 'int4', 'int8']);
const TEXTS = new Set(['text', 'varchar']);
/** Types whose equality, hash and text agree: equal values have one text. */
const FAITHFUL = new Set([
  'bool',
  'uuid',
  'date',
  'timestamp',
  'timestamptz',
  'time',
  'bytea',
  'oid',
  'macaddr',
  'pg_lsn',
]);
/** Types whose hash follows their equality, though equal values may have several texts. */
const VALUE_HASHED = new Set(['numeric', 'float4', 'float8', 'interval', 'jsonb']);
const TIMES = new Set(['timestamp', 'timestamptz', 'date']);

const asText = (expression: string) => `(${expression})::text`;

/** Decides how a pair of columns is compared; `sameMajor`: both servers hash values alike. */
export function planColumn(
  mapping: Pick<ColumnMapping, 'compare'>,
  source: CatalogueColumn,
  target: CatalogueColumn,
  sameMajor: boolean,
): ColumnPlan {
  const raw = sameMajor && sameHash(mapping.compare, source, target);
  const side = (column: CatalogueColumn): ColumnSql => {
    const token = tokenOf(mapping.compare, column, source.base === target.base, sameMajor);
    const own = columnOf(column.name);
    return {
      name: column.name,
      // A collation that is not deterministic would hash unequal texts alike.
      hash: raw ? (TEXTS.has(column.base) && !column.byteOrder ? `${own} collate "C"` : own) : token(own),
      token,
      type: column.type,
      base: column.base,
      category: column.category,
    };
  };
  return { source: side(source), target: side(target) };
}

function sameHash(compare: ColumnMapping['compare'], a: CatalogueColumn, b: CatalogueColumn): boolean {
  if (INTEGERS.has(a.base) && INTEGERS.has(b.base)) return true;
  if (TEXTS.has(a.base) && TEXTS.has(b.base)) return true;
  if (a.base !== b.base) return false;
  if (FAITHFUL.has(a.base)) return true;
  // Of one declared scale, equal numerics have one text.
  if (a.base === 'numeric' && a.type === b.type && a.type.includes('(')) return true;
  return compare === 'semantic' && VALUE_HASHED.has(a.base);
}

function tokenOf(
  compare: ColumnMapping['compare'],
  column: CatalogueColumn,
  sameType: boolean,
  sameMajor: boolean,
): (expression: string) => string {
  if (compare === 'microseconds' && TIMES.has(column.base) && !sameType) {
    return (e) =>
      `case when isfinite(${e}) then (extract(epoch from ${e}) * 1000000)::bigint::text else (${e})::text end`;
  }
  if (compare !== 'semantic') return asText;
  switch (column.base) {
    case 'numeric':
      return (e) => `trim_scale(${e})::text`;
    case 'float4':
    case 'float8':
      // -0 + 0 is 0: the two zeros are one value.
      return (e) => `((${e}) + 0)::text`;
    case 'interval':
      return (e) => `justify_interval(${e})::text`;
    case 'json':
      return (e) => `(${e})::jsonb::text`;
    case 'jsonb':
      // 1.0 and 1.00 are one value and two texts: the type's own hash knows it.
      return sameMajor && sameType
        ? (e) => `jsonb_hash_extended(${e}, 1)::text || ':' || jsonb_hash_extended(${e}, 2)::text`
        : asText;
    default:
      return asText;
  }
}

/** How a key column is ordered, bounded and written as text on both sides. */
export interface KeySql {
  readonly cast: string;
  readonly order: (expression: string) => string;
  readonly text: (expression: string) => string;
  /** True if an index of the column keeps this order. */
  readonly indexed: boolean;
}

const NATIVE_KEYS = new Set(['uuid', 'date', 'timestamp', 'timestamptz', 'bool', 'bytea', 'oid']);

/** The key's order on one side, the same on both: by its type where the types agree, else by text under COLLATE "C". */
export function planKey(own: CatalogueColumn, other: CatalogueColumn): KeySql {
  const same = (e: string) => e;
  if (INTEGERS.has(own.base) && INTEGERS.has(other.base)) {
    return { cast: 'int8', order: same, text: asText, indexed: true };
  }
  if (own.base === other.base && own.base === 'numeric') {
    return { cast: 'numeric', order: same, text: (e) => `trim_scale(${e})::text`, indexed: true };
  }
  if (own.base === other.base && NATIVE_KEYS.has(own.base)) {
    return { cast: own.base, order: same, text: asText, indexed: true };
  }
  if (TEXTS.has(own.base) && TEXTS.has(other.base)) {
    const order = own.byteOrder ? same : (e: string) => `${e} collate "C"`;
    return { cast: 'text', order, text: asText, indexed: own.byteOrder };
  }
  return { cast: 'text', order: (e) => `(${e})::text collate "C"`, text: asText, indexed: false };
}

/** A quoted column of the table alias `t`. */
export function columnOf(name: string): string {
  return `t.${pg.escapeIdentifier(name)}`;
}
