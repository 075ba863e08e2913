// Figures in words: number, unit and limit together, never rounded across a limit. Pure, for pages and exports.

export type FigureUnit = 'ratio' | 'ms' | 'count';

/** `1204551` as `1,204,551`, the same in every locale. */
export function formatCount(value: number): string {
  const [whole = '0', fraction] = Math.abs(value)
    .toFixed(Number.isInteger(value) ? 0 : 1)
    .split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${value < 0 ? '−' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** Milliseconds as `0.6 ms`, `17 ms`, `0.41 s`, `2 s`; seconds when `scaleMs` (the limit beside it) is a second or more. */
export function formatMs(valueMs: number, scaleMs: number = valueMs): string {
  const inSeconds = Math.abs(scaleMs) >= 1000;
  return inSeconds ? `${trimmed(valueMs / 1000)} s` : `${trimmed(valueMs)} ms`;
}

/** A share as per cent with enough digits to tell it from 0 and from 1: `99.99 %`, `0.006 %`; only 1 reads `100 %`. */
export function formatRatio(ratio: number): string {
  if (ratio === 0) return '0 %';
  if (ratio === 1) return '100 %';
  const percent = ratio * 100;
  if (percent < 10) return `${significant(percent, 2)} %`;
  for (let digits = 2; digits < 8; digits += 1) {
    const text = percent.toFixed(digits);
    if (Number(text) < 100) return `${text} %`;
  }
  return '< 100 %';
}

/** A figure in its criterion's unit, on the scale of `reference` (its limit). */
export function formatFigure(value: number, unit: FigureUnit, reference: number = value): string {
  switch (unit) {
    case 'ratio':
      return formatRatio(value);
    case 'ms':
      return formatMs(value, reference);
    case 'count':
      return formatCount(value);
    default:
      return unit satisfies never;
  }
}

/** A span of time in its two largest units: `11 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatSpan(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return joined(minutes, 'min', seconds % 60, 's');
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return joined(hours, 'h', minutes % 60, 'min');
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function trimmed(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return formatCount(Math.round(value));
  if (size >= 10) return String(Math.round(value * 10) / 10);
  return significant(value, 2);
}

function significant(value: number, digits: number): string {
  if (value === 0) return '0';
  return String(Number(value.toPrecision(digits))).includes('e')
    ? value.toFixed(Math.min(12, digits - 1 - Math.floor(Math.log10(Math.abs(value)))))
    : String(Number(value.toPrecision(digits)));
}
