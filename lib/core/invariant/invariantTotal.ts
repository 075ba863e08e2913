import { addDecimal, type Decimal, formatDecimal, parseDecimal, ZERO } from './decimal.ts';

/** One part of an invariant as it was read. */
export interface PartValue {
  readonly database: string;
  readonly sign: 1 | -1;
  /** A numeric as text. */
  readonly value: string;
}

/** The signed sum of the parts, exact; or which part is no number. */
export function invariantTotal(
  parts: readonly PartValue[],
): { readonly total: string } | { readonly notANumber: PartValue } {
  let total: Decimal = ZERO;
  for (const part of parts) {
    const value = parseDecimal(part.value);
    if (value === null) return { notANumber: part };
    total = addDecimal(total, value, part.sign);
  }
  return { total: formatDecimal(total) };
}
