import type { CatalogueColumn } from './catalogue.ts';

/** Decimal digits that an integer of the type may have. */
const INTEGER_DIGITS: Readonly<Record<string, number>> = { int2: 5, int4: 10, int8: 19 };
/** Decimal digits that a float of the type keeps. */
const FLOAT_DIGITS: Readonly<Record<string, number>> = { float4: 6, float8: 15 };
const MAX_FRACTION = 6;

/** Why the target's type can't hold every value of the source's; null if it can. */
export function lossOf(source: CatalogueColumn, target: CatalogueColumn): string | null {
  const narrow = `${target.declared} can't hold every value of ${source.declared}`;
  if (source.base === 'numeric' && target.base in FLOAT_DIGITS) {
    return `${narrow}: decimal fractions become binary ones of ${FLOAT_DIGITS[target.base]} digits`;
  }
  const [from, to] = [numberShape(source), numberShape(target)];
  if (from !== null && to !== null) return numberFits(from, to) ? null : `${narrow}: digits are lost`;
  const length = lengthOf(target);
  if (length !== null && isText(source) && (lengthOf(source) ?? Number.POSITIVE_INFINITY) > length) {
    return `${narrow}: longer texts are cut or refused`;
  }
  const kept = fractionOf(target);
  const given = fractionOf(source);
  if (kept !== null && given !== null && kept < given) return `${narrow}: fractions of a second are rounded`;
  return null;
}

interface NumberShape {
  readonly whole: number;
  readonly fraction: number;
  /** Digits in all that are kept, where that is fewer than whole and fraction; floats only. */
  readonly significant: number;
}

function numberShape({ base, declared }: CatalogueColumn): NumberShape | null {
  const digits = INTEGER_DIGITS[base];
  if (digits !== undefined) return { whole: digits, fraction: 0, significant: digits };
  const float = FLOAT_DIGITS[base];
  if (float !== undefined) {
    return { whole: Number.POSITIVE_INFINITY, fraction: Number.POSITIVE_INFINITY, significant: float };
  }
  if (base !== 'numeric') return null;
  const [precision, scale] = modifiers(declared);
  if (precision === undefined) {
    const any = Number.POSITIVE_INFINITY;
    return { whole: any, fraction: any, significant: any };
  }
  return { whole: precision - (scale ?? 0), fraction: scale ?? 0, significant: precision };
}

function numberFits(from: NumberShape, to: NumberShape): boolean {
  return from.whole <= to.whole && from.fraction <= to.fraction && from.significant <= to.significant;
}

function isText({ base }: CatalogueColumn): boolean {
  return base === 'text' || base === 'varchar' || base === 'bpchar';
}

function lengthOf(column: CatalogueColumn): number | null {
  return column.base === 'varchar' || column.base === 'bpchar' ? (modifiers(column.declared)[0] ?? null) : null;
}

function fractionOf({ base, declared }: CatalogueColumn): number | null {
  if (!['timestamp', 'timestamptz', 'time', 'timetz', 'interval'].includes(base)) return null;
  return modifiers(declared)[0] ?? MAX_FRACTION;
}

/** The numbers in the brackets of a type: 12 and 2 of numeric(12,2). */
function modifiers(declared: string): readonly number[] {
  return /\(([-\d,]+)\)/.exec(declared)?.[1]?.split(',').map(Number) ?? [];
}
