// One 64-bit hash of a row in SQL: the hashes of its fields, each by a seed of its own or by another's hash, joined by
// exclusive or. So no hash of a field may be a plain sum or exclusive or of parts of its value. It tells apart what a record
// hash does not (see ADR 10), and costs less: no record is built to be taken apart again.

/**
 * How a field is hashed: a text by its bytes, an integer of up to 64 bits, a numeric of declared precision or a float by
 * its value, others by their type's own hash: a built-in function of value and seed, or as part of a record.
 */
export type HashedBy = 'text' | 'integer' | 'numeric' | 'float' | 'record' | { readonly hasher: string };

/** One field of a row's hash. */
export interface HashedField {
  /** Of the type that `by` names. */
  readonly sql: string;
  readonly by: HashedBy;
}

/** 2^64 divided by the golden ratio: its multiples lie far from one another. */
const GOLDEN = 0x9e3779b97f4a7c15n;

/** How integers of these two types are hashed: those of up to 32 bits by their own hash, into which all of them goes. */
export function byInteger(...types: readonly string[]): HashedBy {
  return types.includes('int8') ? 'integer' : { hasher: 'pg_catalog.hashint4extended' };
}

/** How a type is hashed whose own hash tells its values apart. */
export function byOwnHash({ hasher }: { readonly hasher: string | null }): HashedBy {
  return hasher === null ? 'record' : { hasher };
}

/** SQL of the hash of a row of these fields, a bigint that is never NULL. */
export function rowHash(fields: readonly HashedField[]): string {
  const records = fields.filter(({ by }) => by === 'record').map(({ sql }) => sql);
  const own = fields.flatMap(({ sql, by }, i) => (by === 'record' ? [] : [{ sql, by, at: i + 1 }]));
  const terms = pairs(own).map(([outer, inner]) => fieldHash(outer, inner));
  if (records.length > 0) terms.push(`pg_catalog.hash_record_extended(row(${records.join(', ')}), ${seed(0.5)})`);
  return terms.join(' # ');
}

/**
 * SQL of the hash of a row's hash, to be summed: a sum of the hashes themselves may be blind to a column's values swapped
 * between two rows. As a seed all 64 bits of it count; the hash of a bigint would fold them into 32.
 */
export function mixed(hash: string): string {
  return hashedAt(0, hash);
}

interface PlacedField {
  readonly sql: string;
  readonly by: Exclude<HashedBy, 'record'>;
  /** Among the row's fields, from 1 on. */
  readonly at: number;
}

/**
 * Fields two by two, as far as there is an outer one, which can take the other's hash for its seed, and an inner one, which
 * is cheap: it is hashed twice where the outer one is NULL.
 */
function pairs(fields: readonly PlacedField[]): readonly (readonly [PlacedField, PlacedField?])[] {
  const kinds = Object.groupBy(fields, ({ by }) => (typeof by === 'object' || by === 'float' ? 'either' : by));
  const { text = [], either = [], integer = [], numeric = [] } = kinds;
  const outer = [...text, ...either];
  const inner = [...integer, ...numeric];
  const paired: [PlacedField, PlacedField?][] = [];
  for (let first = outer.shift(); first !== undefined; first = outer.shift()) {
    const second = inner.shift() ?? (outer.at(-1)?.by === 'text' ? undefined : outer.pop());
    paired.push(second === undefined ? [first] : [first, second]);
  }
  return [...paired, ...inner.map((field): [PlacedField] => [field])];
}

/** The hash of a field, or of two: a hash that is the other's seed is joined with it at no cost. */
function fieldHash(outer: PlacedField, inner?: PlacedField): string {
  const { at } = outer;
  if (inner === undefined) return `coalesce(${seededHash(outer, `${seed(at)}`)}, ${seed(at + 0.5)})`;
  const other = fieldHash(inner);
  return `coalesce(${seededHash(outer, other)}, ${hashedAt(at, `${other} # ${seed(at + 0.5)}`)})`;
}

/** NULL for a value that is. Integers and numerics take no seed, but have one of their place. */
function seededHash({ sql, by, at }: PlacedField, seedSql: string): string {
  if (typeof by === 'object') return `${by.hasher}(${sql}, ${seedSql})`;
  switch (by) {
    case 'text':
      return `pg_catalog.hashtextextended(${sql}, ${seedSql})`;
    case 'integer':
      // The value is the seed, for the hash of a bigint folds it into 32 bits, in which -1 is 4294967295.
      return hashedAt(at, `(${sql})::int8`);
    case 'float':
      // The hash of 0 is the seed: hashed once more, for else (0, x) and (x, 0) would hash alike.
      return hashedAt(at, `pg_catalog.hashfloat8extended((${sql})::float8, ${seedSql})`);
    case 'numeric': {
      // The hash of a numeric leaves out the sign, and joins its point's place by exclusive or: hashed once more, for two
      // fields whose points move alike would cancel each other.
      const signed = `case when ${sql} < 0 then ${seed(at + 0.25)} else ${seed(at)} end`;
      return hashedAt(at, `pg_catalog.hash_numeric_extended(${sql}, ${signed})`);
    }
    default:
      return by satisfies never;
  }
}

/** A hash of a 64-bit number, another one for each place. */
const hashedAt = (at: number, numberSql: string) => `pg_catalog.hashint4extended(${at}, ${numberSql})`;

/**
 * A seed for a place, or a quarter of one. Never 0, under which a NULL, the float 0 and a numeric NaN hash alike; never
 * negative, which SQL would read as an operator.
 */
function seed(place: number): bigint {
  return BigInt.asUintN(63, GOLDEN * BigInt(4 * place));
}
