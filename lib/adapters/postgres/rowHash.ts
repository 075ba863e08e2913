// One 64-bit hash of a row in SQL: the hashes of its fields, each by a seed of its own or by another's hash, joined by
// exclusive or. So no hash of a field may be a plain sum or exclusive or of parts of its value. It tells apart what a record
// hash does not (see ADR 10), and costs less: no record is built to be taken apart again.

/**
 * How a field is hashed: a text by its bytes, an integer of up to 64 bits or a numeric of declared precision by its
 * value, others by their type's own hash: a function of value and seed, or as part of a record.
 */
export type HashedBy = 'text' | 'integer' | 'numeric' | 'record' | { readonly hasher: string };

/** One field of a row's hash. */
export interface HashedField {
  /** Of the type that `by` names. */
  readonly sql: string;
  readonly by: HashedBy;
}

/** 2^64 divided by the golden ratio: its multiples lie far from one another. */
const GOLDEN = 0x9e3779b97f4a7c15n;

/** How integers of these two types are hashed: those of up to 32 bits by their own hash, which tells them all apart. */
export function byInteger(...types: readonly string[]): HashedBy {
  return types.includes('int8') ? 'integer' : { hasher: 'hashint4extended' };
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
  if (records.length > 0) terms.push(`hash_record_extended(row(${records.join(', ')}), ${seed(0.5)})`);
  return terms.join(' # ');
}

/**
 * SQL of the hash of a row's hash, to be summed: a sum of the hashes themselves may be blind to a column's values swapped
 * between two rows. As a seed all 64 bits of it count; the hash of a bigint would fold them into 32.
 */
export function mixed(hash: string): string {
  return `hashint4extended(0, ${hash})`;
}

interface PlacedField {
  readonly sql: string;
  readonly by: Exclude<HashedBy, 'record'>;
  /** Among the row's fields, from 1 on. */
  readonly at: number;
}

/** Fields two by two, as long as there is one to take the other's hash for its seed. */
function pairs(fields: readonly PlacedField[]): readonly (readonly [PlacedField, PlacedField?])[] {
  const outer = fields.filter(({ by }) => takesSeed(by));
  const inner = fields.filter(({ by }) => !takesSeed(by));
  const paired: [PlacedField, PlacedField?][] = [];
  for (let first = outer.shift(); first !== undefined; first = outer.shift()) {
    const second = inner.shift() ?? outer.shift();
    paired.push(second === undefined ? [first] : [first, second]);
  }
  return [...paired, ...inner.map((field): [PlacedField] => [field])];
}

/** A float takes none: the hash of 0 is the seed, so that of (0, x) would be that of (x, 0). */
function takesSeed(by: PlacedField['by']): boolean {
  return typeof by === 'object' ? !by.hasher.startsWith('hashfloat') : by === 'text';
}

/** The hash of a field, or of two: a hash that is the other's seed is joined with it at no cost. */
function fieldHash(outer: PlacedField, inner?: PlacedField): string {
  const { at } = outer;
  if (inner === undefined) return `coalesce(${seededHash(outer, `${seed(at)}`)}, ${seed(at + 0.5)})`;
  const other = fieldHash(inner);
  return `coalesce(${seededHash(outer, other)}, hashint4extended(${at}, ${other} # ${seed(at + 0.5)}))`;
}

/** NULL for a value that is. Fields that take no seed have those of their place. */
function seededHash({ sql, by, at }: PlacedField, seedSql: string): string {
  if (typeof by === 'object') return `${by.hasher}(${sql}, ${seedSql})`;
  switch (by) {
    case 'text':
      return `hashtextextended(${sql}, ${seedSql})`;
    case 'integer':
      // The value is the seed, for the hash of a bigint folds it into 32 bits, in which -1 is 4294967295.
      return `hashint4extended(${at}, (${sql})::int8)`;
    case 'numeric':
      // The hash of a numeric leaves out the sign, and joins its point's place by exclusive or: hashed once more, for two
      // fields whose points move alike would cancel each other.
      return `hashint4extended(${at}, hash_numeric_extended(${sql}, case when ${sql} < 0 then ${seed(at + 0.25)} else ${seed(at)} end))`;
    default:
      return by satisfies never;
  }
}

/**
 * A seed for a place, or a quarter of one. Never 0, under which a NULL, the float 0 and a numeric NaN hash alike; never
 * negative, which SQL would read as an operator.
 */
function seed(place: number): bigint {
  return BigInt.asUintN(63, GOLDEN * BigInt(4 * place));
}
