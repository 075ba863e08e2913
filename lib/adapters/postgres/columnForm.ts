// The one text in which two values of a pair of types are compared, so that the texts are the same exactly if the mapped
// values are equal. What a value's text depends on besides (time zone, date style, float digits) each connection pins.
import type { ColumnMapping } from '../../core/migration/definition.ts';
import type { CatalogueColumn } from './catalogue.ts';
import { byInteger, byOwnHash, type HashedBy } from './rowHash.ts';

export type Compare = ColumnMapping['compare'];

/** SQL of the compared text of a value, given SQL of the value. */
export type TokenSql = (expression: string) => string;

/** How a value is hashed, and SQL of what is hashed, given SQL of the value. */
export interface HashedForm {
  readonly sql: TokenSql;
  readonly by: HashedBy;
}

export type PairForm =
  | {
      readonly kind: 'form';
      readonly source: TokenSql;
      readonly target: TokenSql;
      /**
       * What of a value goes into the row's hash on servers of one major version; null: its token.
       * Equal fields mean equal values; equal values may have unequal fields (numbers in jsonb), which costs a look.
       */
      readonly hashed: HashedForm | null;
      /** Why equal values may still have two texts; null where they can't. */
      readonly caution: string | null;
    }
  | { readonly kind: 'none'; readonly reason: string; readonly fix: string };

type Family = 'integer' | 'numeric' | 'float' | 'text' | 'time' | 'json' | 'array' | 'plain' | 'local' | 'other';

const FAMILIES: Readonly<Record<string, Family>> = {
  ...all('integer', ['int2', 'int4', 'int8', 'oid']),
  ...all('numeric', ['numeric']),
  ...all('float', ['float4', 'float8']),
  ...all('text', ['text', 'varchar', 'bpchar', 'name', 'citext', 'char']),
  ...all('time', ['date', 'timestamp', 'timestamptz']),
  ...all('json', ['json', 'jsonb']),
  ...all('plain', ['bool', 'uuid', 'time', 'timetz', 'bytea', 'macaddr', 'macaddr8', 'inet', 'cidr', 'bit', 'varbit']),
  ...all('plain', ['interval', 'pg_lsn']),
  // Numbers that mean something in their own database only.
  ...all('local', ['xid', 'cid', 'tid', 'aclitem', 'refcursor', 'pg_snapshot', 'txid_snapshot']),
};

/** Types whose own hash tells values apart as their texts do. */
const WELL_HASHED = new Set(['bool', 'uuid', 'date', 'timestamp', 'timestamptz', 'time', 'bytea', 'oid', 'macaddr']);

const itself = (by: HashedBy): HashedForm => ({ sql: (e) => e, by });
const asText: TokenSql = (e) => `(${e})::text`;
const numericText: TokenSql = (e) => `trim_scale(${e})::text`;
/** -0 + 0 is 0: the two zeros are one value. */
const floatText: TokenSql = (e) => `((${e})::float8 + 0)::text`;
/** By way of text: a cast rounds to 15 digits. */
const floatAsNumeric: TokenSql = (e) => `trim_scale(((${e})::float8 + 0)::text::numeric)::text`;
const trimmed: TokenSql = (e) => `rtrim((${e})::text, ' ')`;
/** What the type prints, padding and all; a cast would strip it. */
const padded: TokenSql = (e) => `textin(bpcharout(${e}))`;
const microseconds: TokenSql = (e) =>
  `case when isfinite(${e}) then trim_scale(extract(epoch from ${e}) * 1000000)::text else (${e})::text end`;
/** The hash of jsonb takes -1 for 1 and [[[1]]] for [1]. */
const jsonbText: TokenSql = (e) => `(${e})::jsonb::text`;
/** Zeros after a number's last digit go, outside strings: 1.0 and 1.00 are one value of jsonb and two texts. */
const jsonToken: TokenSql = (e) =>
  String.raw`case when strpos((${e})::jsonb::text, '.') = 0 then (${e})::jsonb::text else regexp_replace((${e})::jsonb::text, $p$("(?:[^"\\]|\\.)*")|(\.\d*[1-9])0+(?!\d)|\.0+(?!\d)$p$, $r$\1\2$r$, 'g') end`;
/** An interval's equality counts a month as 30 days and a day as 24 hours. Infinite ones have no parts. */
const intervalText: TokenSql = (e) =>
  `coalesce(trim_scale((((extract(year from ${e}) * 12 + extract(month from ${e})) * 30 + extract(day from ${e})) * 24
   + extract(hour from ${e})) * 3600 + extract(minute from ${e}) * 60 + extract(second from ${e}))::text, (${e})::text)`;
/** Bounds of an array's own are no part of what an event carries. Not every collation knows regular expressions. */
const arrayText: TokenSql = (e) => String.raw`regexp_replace((${e})::text collate "C", $p$^(\[-?\d+:-?\d+\])+=$p$, '')`;

/** Decides the common form of a pair of columns, or says why there is none. */
export function pairForm(compare: Compare, a: CatalogueColumn, b: CatalogueColumn): PairForm {
  const [left, right] = [familyOf(a), familyOf(b)];
  if (left === 'local' || right === 'local') {
    return none(`values of type ${(left === 'local' ? a : b).type} mean something in their own database only`);
  }
  if (left !== right) return mixedForm(a, left, b, right);
  switch (left) {
    case 'integer':
      if (a.base === 'oid' || b.base === 'oid') return both(asText);
      return both(asText, itself(byInteger(a.base, b.base)));
    case 'numeric': {
      const oneScale = a.declared === b.declared && isBounded(a);
      if (compare !== 'semantic') {
        return both(
          asText,
          oneScale ? itself('numeric') : null,
          oneScale ? null : 'compared by text: 1.5 and 1.50 differ',
        );
      }
      // NaN and both infinities have one hash; a numeric of declared precision holds NaN alone of them.
      return both(numericText, isBounded(a) && isBounded(b) ? itself('numeric') : null);
    }
    case 'float':
      if (compare !== 'semantic' && a.base === b.base) return both(asText);
      return both(floatText, compare === 'semantic' && a.base === b.base ? itself('float') : null);
    case 'text':
      return textForm(compare, a, b);
    case 'time':
      return timeForm(compare, a, b);
    case 'json':
      if (compare === 'semantic') return both(jsonToken, { sql: jsonbText, by: 'text' });
      if (a.base !== b.base) return none('json keeps its layout and jsonb does not', 'compare: semantic');
      return both(asText);
    case 'array':
      return arrayForm(compare, a, b);
    case 'plain':
      if (a.base !== b.base) return none(`${a.type} and ${b.type} have no common form`);
      if (a.base === 'interval' && compare === 'semantic') return both(intervalText);
      return both(asText, WELL_HASHED.has(a.base) ? itself(byOwnHash(a)) : null);
    case 'other':
      if (a.category === 'E' && b.category === 'E') return both(asText);
      if (a.base !== b.base) return none(`${a.type} and ${b.type} have no common form`);
      return both(asText, null, `values of type ${a.type} are compared by their text`);
    default:
      return left satisfies never;
  }
}

function mixedForm(a: CatalogueColumn, left: Family, b: CatalogueColumn, right: Family): PairForm {
  const families = new Set([left, right]);
  const numbers = new Set<Family>(['integer', 'numeric', 'float']);
  if (numbers.has(left) && numbers.has(right)) {
    const form = (family: Family): TokenSql => {
      if (families.has('float')) return family === 'float' ? floatAsNumeric : (e) => numericText(`(${e})::numeric`);
      return family === 'numeric' ? numericText : asText;
    };
    return { kind: 'form', source: form(left), target: form(right), hashed: null, caution: null };
  }
  const [other, family] = left === 'text' ? [b, right] : [a, left];
  if (families.has('text')) {
    const oneText = family === 'integer' || family === 'plain' || family === 'time' || other.category === 'E';
    const caution = `only a text written as PostgreSQL writes ${other.type} equals its value`;
    return both(asText, null, oneText && left !== 'text' ? null : caution);
  }
  return none(`${a.type} and ${b.type} have no common form`);
}

function textForm(compare: Compare, a: CatalogueColumn, b: CatalogueColumn): PairForm {
  if (a.base === 'bpchar' || b.base === 'bpchar') {
    if (a.base === b.base) return both(asText);
    if (compare === 'semantic') return both(trimmed, null, 'blanks at the end are padding in char(n): not compared');
    const form = (column: CatalogueColumn) => (column.base === 'bpchar' ? padded : asText);
    return { kind: 'form', source: form(a), target: form(b), hashed: null, caution: null };
  }
  const plain = (column: CatalogueColumn) => column.base === 'text' || column.base === 'varchar';
  return both(asText, plain(a) && plain(b) ? itself('text') : null);
}

function timeForm(compare: Compare, a: CatalogueColumn, b: CatalogueColumn): PairForm {
  if (a.base === b.base) return both(asText, itself(byOwnHash(a)));
  if (b.base === 'date') {
    return none(`${b.type} keeps no time of day, so ${a.type} can't be compared with it`);
  }
  if (compare !== 'microseconds') {
    return none(
      `${a.type} and ${b.type} write one instant in two ways`,
      'compare: microseconds (a value without a zone is taken as UTC), or derive one side in the zone that is meant',
    );
  }
  const zoned = a.base === 'timestamptz' || b.base === 'timestamptz';
  return both(microseconds, null, zoned ? 'the time zone is dropped: values without one are taken as UTC' : null);
}

function arrayForm(compare: Compare, a: CatalogueColumn, b: CatalogueColumn): PairForm {
  const [left, right] = [a, b].map((column) => FAMILIES[column.element ?? ''] ?? 'other');
  const alike = a.base === b.base || (left === right && (left === 'integer' || left === 'text'));
  if (!alike) return none(`${a.type} and ${b.type} have no common form`);
  if (compare !== 'semantic') return both(asText);
  const valued = left === 'numeric' || left === 'float' || left === 'json' || a.element === 'interval';
  return both(arrayText, null, valued ? `elements of ${a.type} are compared by text: 1.5 and 1.50 differ` : null);
}

function familyOf(column: CatalogueColumn): Family {
  if (column.category === 'A') return 'array';
  if (column.category === 'P' || /^reg[a-z]+$/.test(column.base)) return 'local';
  return FAMILIES[column.base] ?? 'other';
}

function both(token: TokenSql, hashed: HashedForm | null = null, caution: string | null = null): PairForm {
  return { kind: 'form', source: token, target: token, hashed, caution };
}

/** True for a numeric of declared precision. */
function isBounded(column: CatalogueColumn): boolean {
  return column.declared.includes('(');
}

function none(
  reason: string,
  fix = 'derive one side: `source: { sql: ..., columns: [...] }`, or leave the column out with `ignore`',
): PairForm {
  return { kind: 'none', reason, fix };
}

function all(family: Family, names: readonly string[]): Record<string, Family> {
  return Object.fromEntries(names.map((name): [string, Family] => [name, family]));
}
