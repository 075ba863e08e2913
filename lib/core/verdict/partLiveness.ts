/** Every part reports at least every 10 s while its process lives; one that misses two reports is silent. */
export const PART_SILENCE_MS = 20_000;

export type PartLiveness = 'up' | 'down' | 'silent';

/** Whether a part can be relied on now, by its newest report: one that is too old says nothing of now. */
export function partLiveness(
  newest: { readonly state: string; readonly checkedAtMs: number },
  nowMs: number,
): PartLiveness {
  if (nowMs - newest.checkedAtMs > PART_SILENCE_MS) return 'silent';
  return newest.state === 'down' ? 'down' : 'up';
}
