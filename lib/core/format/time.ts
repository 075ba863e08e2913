// Times in words. UTC unless the reader asked for local time; the reader's clock is an argument.

export type TimeZone = 'utc' | 'local';

/** `14:02:10`, or `14:02` without seconds. */
export function formatClock(atMs: number, zone: TimeZone, withSeconds = true): string {
  const date = new Date(atMs);
  const [hours, minutes, seconds] =
    zone === 'utc'
      ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
      : [date.getHours(), date.getMinutes(), date.getSeconds()];
  const parts = withSeconds ? [hours, minutes, seconds] : [hours, minutes];
  return parts.map(two).join(':');
}

/** `2026-11-21 14:02:10 UTC`, or the same in local time without a suffix. */
export function formatInstant(atMs: number, zone: TimeZone): string {
  const date = new Date(atMs);
  const day =
    zone === 'utc'
      ? `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
      : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${formatClock(atMs, zone)}${zone === 'utc' ? ' UTC' : ''}`;
}

/** The clock alone on the day of `nowMs`, else day and clock. */
export function formatWhen(atMs: number, nowMs: number, zone: TimeZone): string {
  const instant = formatInstant(atMs, zone);
  const sameDay = instant.slice(0, 10) === formatInstant(nowMs, zone).slice(0, 10);
  return sameDay ? formatClock(atMs, zone) : instant.slice(5, 16);
}

const two = (value: number): string => String(value).padStart(2, '0');
