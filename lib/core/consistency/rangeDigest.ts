// Two ranges are taken for equal when their counts and both sums are. A plain sum of row hashes may be blind to a column's
// values swapped between two rows; a sum of mixed hashes is not, but the mix has 32 bits of each. Together they miss one
// changed row with a chance of 2^-64, and the count finds repeated rows.

/** Count and two sums of 64-bit row hashes, reduced modulo 2^64. */
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
