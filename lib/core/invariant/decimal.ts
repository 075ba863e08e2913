// Exact decimals: what databases sum as numeric must not be rounded on its way into a verdict.

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/** A decimal number: units / 10^scale. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

export const ZERO: Decimal = { units: 0n, scale: 0 };

/** Reads a number as PostgreSQL writes a numeric; null for anything else, NaN and infinities among it. */
export function parseDecimal(text: string): Decimal | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction = ''] = match;
  const units = BigInt(whole + fraction);
  return { units: sign === '-' ? -units : units, scale: fraction.length };
}

/** a + b, or a - b where the sign is -1. */
export function addDecimal(a: Decimal, b: Decimal, sign: 1 | -1 = 1): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: unitsAt(a, scale) + BigInt(sign) * unitsAt(b, scale), scale };
}

/** True if a and b are further apart than the tolerance. */
export function isApart(a: Decimal, b: Decimal, tolerance: Decimal): boolean {
  const { units, scale } = addDecimal(a, b, -1);
  const apart = { units: units < 0n ? -units : units, scale };
  return addDecimal(apart, tolerance, -1).units > 0n;
}

/** The shortest text of the same value. */
export function formatDecimal({ units, scale }: Decimal): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function unitsAt({ units, scale }: Decimal, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale);
}
