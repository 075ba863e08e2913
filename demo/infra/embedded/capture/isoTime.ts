// Text forms of `time.precision.mode=isostring`. Input is PostgreSQL's own text under DateStyle ISO, TimeZone UTC and
// IntervalStyle iso_8601. The values of infinity are the ones that Debezium's arithmetic happens to give.

/** `2026-01-02` as `2026-01-02Z`. */
export function isoDate(text: string): string {
  if (text === 'infinity') return '-5877611-06-21Z';
  if (text === '-infinity') return '-5877611-06-22Z';
  return `${isoYear(text)}Z`;
}

/** `2026-01-02 03:04:05.5` as `2026-01-02T03:04:05.5Z`: a zone that the value does not have. */
export function isoTimestamp(text: string): string {
  if (text === 'infinity') return '+294247-01-10T04:00:25.2Z';
  if (text === '-infinity') return '-290308-12-21T19:59:27.6Z';
  return `${isoYear(text).replace(' ', 'T')}Z`;
}

/** `2026-01-02 01:04:05.5+00` with the column's number of fraction digits: `2026-01-02T01:04:05.500000Z`. */
export function isoZonedTimestamp(text: string, fractionDigits: number): string {
  if (text.endsWith('infinity')) return text;
  const [, moment = '', fraction = ''] = /^([^.+]*?)(?:\.(\d+))?\+00$/.exec(isoYear(text)) ?? [];
  const digits = fractionDigits > 0 ? `.${fraction.padEnd(fractionDigits, '0')}` : '';
  return `${moment.replace(' ', 'T')}${digits}Z`;
}

/** `03:04:05.5` as `03:04:05.5Z`. */
export const isoTime = (text: string): string => `${text}Z`;

/** `P1DT2H3M4S` as Debezium's `P0Y0M1DT2H3M4S`. */
export function isoInterval(text: string): string {
  const { years, months, days, hours, minutes, seconds } = intervalParts(text);
  return `P${years}Y${months}M${days}DT${hours}H${minutes}M${seconds}S`;
}

const MICROS_PER_SECOND = 1_000_000;
const SECONDS_PER_DAY = 86_400;
const DAYS_PER_MONTH = 365.25 / 12;

/** An interval in microseconds, a month counted as a twelfth of 365.25 days. */
export function intervalMicros(text: string): number {
  const { years, months, days, hours, minutes, seconds } = intervalParts(text);
  const wholeDays = (Number(years) * 12 + Number(months)) * DAYS_PER_MONTH + Number(days);
  const rest = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return Math.round((wholeDays * SECONDS_PER_DAY + rest) * MICROS_PER_SECOND);
}

interface IntervalParts {
  readonly years: string;
  readonly months: string;
  readonly days: string;
  readonly hours: string;
  readonly minutes: string;
  readonly seconds: string;
}

function intervalParts(text: string): IntervalParts {
  const [date = '', time = ''] = text.split('T');
  const part = (source: string, unit: string): string => new RegExp(`(-?[\\d.]+)${unit}`).exec(source)?.[1] ?? '0';
  return {
    years: part(date, 'Y'),
    months: part(date, 'M'),
    days: part(date, 'D'),
    hours: part(time, 'H'),
    minutes: part(time, 'M'),
    seconds: part(time, 'S'),
  };
}

/** Years as ISO 8601 writes them: `0044-03-15 BC` is -0043, and years of five digits carry a plus. */
function isoYear(text: string): string {
  const isBc = text.endsWith(' BC');
  const bare = isBc ? text.slice(0, -3) : text;
  const [year = ''] = bare.split('-');
  if (isBc) {
    const astronomical = 1 - Number(year);
    const written = String(Math.abs(astronomical)).padStart(4, '0');
    return `${astronomical < 0 ? '-' : ''}${written}${bare.slice(year.length)}`;
  }
  return year.length > 4 ? `+${bare}` : bare;
}
