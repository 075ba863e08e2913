// One 64-bit hash of a row in SQL: the hashes of its fields, each by a seed of its own, joined by exclusive or. So no hash
// of a field may be a plain sum or exclusive or of parts of its value. It tells apart what a record hash does not (see
// ADR 10), and costs less: no record is built to be taken apart again.

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

/** How a type is hashed whose own hash tells its values apart. */
export function byOwnHash({ hasher }: { readonly hasher: string | null }): HashedBy {
  return hasher === null ? 'record' : { hasher };
}

/** SQL of the hash of a row of these fields, a bigint that is never NULL. */
export function rowHash(fields: readonly HashedField[]): string {
  const terms = fields.flatMap((field, at) => fieldHash(field, at + 1) ?? []);
  const others = fields.filter(({ by }) => by === 'record').map(({ sql }) => sql);
  if (others.length > 0) terms.push(`hash_record_extended(row(${others.join(', ')}), ${seed(0.5)})`);
  return terms.join(' # ');
}

/** Null for a field that goes into the record. */
function fieldHash({ sql, by }: HashedField, at: number): string | null {
  const orNull = (hash: string) => `coalesce(${hash}, ${seed(at + 0.5)})`;
  if (typeof by === 'object') return orNull(`${by.hasher}(${sql}, ${seed(at)})`);
  switch (by) {
    case 'text':
      return orNull(`hashtextextended(${sql}, ${seed(at)})`);
    case 'integer':
      // The value is the seed, for the hash of a bigint folds it into 32 bits, in which -1 is 4294967295.
      return orNull(`hashint4extended(${at}, (${sql})::int8)`);
    case 'numeric':
      // The hash of a numeric leaves out the sign, and joins its point's place by exclusive or: hashed once more, for two
      // fields whose points move alike would cancel each other.
      return orNull(
        `hashint4extended(${at}, hash_numeric_extended(${sql}, case when ${sql} < 0 then ${seed(at + 0.25)} else ${seed(at)} end))`,
      );
    case 'record':
      return null;
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
