// Times of change events as PostgreSQL texts, under each time.precision.mode. Null: the event does not tell.
import type { TimePrecision } from '../../core/migration/definition.ts';

const US_PER_DAY = 86_400_000_000n;
/** 4713 BC, and what the capture's arithmetic makes of infinity: from there on a number is no time. */
const FIRST_US = -210_866_803_200_000_000n;
const INFINITE_US = 9_223_372_036_825_200_000n;
const FIRST_DAY = -2_440_588n;
const LAST_DAY = 2_145_042_905n;
const DEFAULT_DIGITS = 6;
/** Digits of a fraction that milliseconds hold. */
const MS_DIGITS = 3;

const INTEGER = /^-?\d+$/;
const ISO = /^([-+]?\d{4,})(-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?))?(Z|[-+]\d{2}(?::?\d{2})?)?$/;

/** Days since 1970 under every mode but isostring. */
export function capturedDate(text: string): string | null {
  if (INTEGER.test(text)) {
    const days = BigInt(text);
    return days < FIRST_DAY || days > LAST_DAY ? null : dayText(days);
  }
  const match = ISO.exec(text);
  // 5874897 is the last year of a date: what lies beyond is infinity's stand-in.
  if (match === null || match[3] !== undefined || Math.abs(Number(match[1])) > 5_874_897) return null;
  return withYear(match[1] ?? '', match[2] ?? '');
}

/** A time of day, without a zone. */
export function capturedTime(text: string, declared: string, mode: TimePrecision | undefined): string | null {
  if (!INTEGER.test(text)) return /^(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)Z?$/.exec(text)?.[1] ?? null;
  const us = microsecondsOf(text, declared, mode, mode === 'adaptive');
  return us === null || us < 0n || us > US_PER_DAY ? null : timeText(us);
}

/** A date and time without a zone. */
export function capturedTimestamp(text: string, declared: string, mode: TimePrecision | undefined): string | null {
  if (INTEGER.test(text)) {
    const us = microsecondsOf(text, declared, mode, mode === 'adaptive' || mode === 'adaptive_time_microseconds');
    if (us === null || us < FIRST_US || us >= INFINITE_US) return null;
    const inDay = ((us % US_PER_DAY) + US_PER_DAY) % US_PER_DAY;
    const [day = '', era = ''] = splitEra(dayText((us - inDay) / US_PER_DAY));
    return `${day} ${timeText(inDay)}${era}`;
  }
  const match = ISO.exec(text);
  const year = Number(match?.[1]);
  // -290308 and +294247 are infinity's stand-ins; 4713 BC is the first year.
  if (match?.[3] === undefined || year < -4713 || year >= 294_247) return null;
  const [day = '', era = ''] = splitEra(withYear(match[1] ?? '', match[2] ?? ''));
  return `${day} ${match[3]}${era}`;
}

/** An instant: always a text with its zone, and infinity by its name. */
export function capturedZoned(text: string): string | null {
  if (text === 'infinity' || text === '-infinity') return text;
  const match = ISO.exec(text);
  if (match?.[3] === undefined || match[4] === undefined) return null;
  const [day = '', era = ''] = splitEra(withYear(match[1] ?? '', match[2] ?? ''));
  return `${day} ${match[3]}${match[4]}${era}`;
}

/** Microseconds of a number under the mode; null where the mode is not known or drops digits that the column has. */
function microsecondsOf(
  text: string,
  declared: string,
  mode: TimePrecision | undefined,
  adaptive: boolean,
): bigint | null {
  const value = BigInt(text);
  const digits = Number(/\((\d)\)/.exec(declared)?.[1] ?? DEFAULT_DIGITS);
  if (adaptive) return digits <= MS_DIGITS ? value * 1_000n : value;
  switch (mode) {
    case 'connect':
      return digits <= MS_DIGITS ? value * 1_000n : null;
    case 'adaptive':
    case 'adaptive_time_microseconds':
    case 'microseconds':
      return value;
    case 'nanoseconds':
      return value % 1_000n === 0n ? value / 1_000n : null;
    case 'isostring':
    case undefined:
      return null;
    default:
      return mode satisfies never;
  }
}

function timeText(us: bigint): string {
  const pad = (value: bigint, length = 2) => String(value).padStart(length, '0');
  const seconds = us / 1_000_000n;
  return `${pad(seconds / 3600n)}:${pad((seconds / 60n) % 60n)}:${pad(seconds % 60n)}.${pad(us % 1_000_000n, 6)}`;
}

/** The civil date of a day number, by the algorithm of Howard Hinnant's days_from_civil paper, for any year. */
function dayText(days: bigint): string {
  const z = days + 719_468n;
  const era = (z >= 0n ? z : z - 146_096n) / 146_097n;
  const dayOfEra = z - era * 146_097n;
  const yearOfEra = (dayOfEra - dayOfEra / 1_460n + dayOfEra / 36_524n - dayOfEra / 146_096n) / 365n;
  const dayOfYear = dayOfEra - (365n * yearOfEra + yearOfEra / 4n - yearOfEra / 100n);
  const shifted = (5n * dayOfYear + 2n) / 153n;
  const day = dayOfYear - (153n * shifted + 2n) / 5n + 1n;
  const month = shifted < 10n ? shifted + 3n : shifted - 9n;
  const year = yearOfEra + era * 400n + (month <= 2n ? 1n : 0n);
  return withYear(String(year), `-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`);
}

/** ISO counts years through 0, which is 1 BC. */
function withYear(year: string, rest: string): string {
  const value = Number(year);
  const written = String(value > 0 ? value : 1 - value).padStart(4, '0');
  return `${written}${rest}${value > 0 ? '' : ' BC'}`;
}

function splitEra(date: string): readonly string[] {
  return date.endsWith(' BC') ? [date.slice(0, -3), ' BC'] : [date, ''];
}
