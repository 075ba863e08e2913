// Two ranges are taken for equal when their counts and both sums are. They miss changed rows with a chance of 2^-64, and
// the count finds repeated rows.

/** Count and sums of row hashes, modulo 2^64. A hash of 64 bits has one sum, and `sum2` is 0; of a longer one, two parts. */
export interface RangeDigest {
  readonly rows: bigint;
  readonly sum1: bigint;
  readonly sum2: bigint;
}

/** Reduces PostgreSQL's exact sums (numeric text, null for no rows) modulo 2^64: casting each row would double the cost. */
export function rangeDigest(rows: string, sum1: string | null, sum2: string | null): RangeDigest {
  return {
    rows: BigInt(rows),
    sum1: BigInt.asUintN(64, BigInt(sum1 ?? '0')),
    sum2: BigInt.asUintN(64, BigInt(sum2 ?? '0')),
  };
}

/** True if both sides hold the same rows, but for a collision. */
export function sameDigest(a: RangeDigest, b: RangeDigest): boolean {
  return a.rows === b.rows && a.sum1 === b.sum1 && a.sum2 === b.sum2;
}

/** The digest of several ranges as one: of all adjoining ranges, the table's. */
export function addDigests(digests: readonly RangeDigest[]): RangeDigest {
  return digests.reduce(
    (sum, { rows, sum1, sum2 }) => ({
      rows: sum.rows + rows,
      sum1: BigInt.asUintN(64, sum.sum1 + sum1),
      sum2: BigInt.asUintN(64, sum.sum2 + sum2),
    }),
    { rows: 0n, sum1: 0n, sum2: 0n },
  );
}
