// How figures read in sentences: number, unit and limit together, never rounded onto a limit they have not reached.

/** 4219 -> "4,219". */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** "1 saga", "4,219 sagas". */
export function formatCounted(count: number, noun: { readonly one: string; readonly many: string }): string {
  return `${formatCount(count)} ${count === 1 ? noun.one : noun.many}`;
}

/** A share 0..1 in per cent: 0.0073 -> "0.73 %"; what is not 0 or 1 never reads as 0 % or 100 %. */
export function formatShare(share: number): string {
  const percent = share * 100;
  const distance = Math.min(percent, 100 - percent);
  if (distance <= 0) return `${percent <= 0 ? 0 : 100} %`;
  const decimals = Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(distance))));
  return `${percent.toFixed(decimals).replace(/\.?0+$/, '')} %`;
}

/** Milliseconds as a limit reads: 50 -> "50 ms", 1000 -> "1 s", 1500 -> "1.5 s". */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${trimmed(ms)} ms`;
  return `${trimmed(ms / 1000)} s`;
}

/** A span of time in its two largest units: "45 s", "14 min", "3 h 20 min", "12 days". */
export function formatSpan(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.ceil(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${formatCount(Math.round(minutes / 1440))} days`;
}

/** A rate in the unit that keeps its figure readable: "16 a second", "30 a minute", "3 a day". */
export function formatRate(perSecond: number): string {
  if (perSecond >= 0.995) return `${figure(perSecond)} a second`;
  if (perSecond * 60 >= 0.995) return `${figure(perSecond * 60)} a minute`;
  if (perSecond * 3600 >= 0.995) return `${figure(perSecond * 3600)} an hour`;
  return `${figure(perSecond * 86_400)} a day`;
}

/** "09:14 UTC", with the date in front on another day than `nowMs`. */
export function formatTime(ms: number, nowMs: number): string {
  const text = new Date(ms).toISOString();
  const day = text.slice(0, 10);
  const clock = `${text.slice(11, 16)} UTC`;
  return day === new Date(nowMs).toISOString().slice(0, 10) ? clock : `${day} ${clock}`;
}

/** p99 from 0.99, p99.9 from 0.999. */
export function formatQuantile(quantile: number): string {
  return `p${trimmed(quantile * 100)}`;
}

function figure(value: number): string {
  return value >= 10 ? formatCount(value) : trimmed(Number(value.toPrecision(2)));
}

function trimmed(value: number): string {
  return Number(value.toPrecision(6)).toString();
}
