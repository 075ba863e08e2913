// State of one partition of a consumer group over a sliding window of its commits, by the rules that Burrow made known:
// judged by movement, not by a threshold alone. Only lag above the allowed one can be wrong at all.

export type PartitionStatus = 'OK' | 'WARN' | 'STALL' | 'STOP' | 'REWIND' | 'NOTFOUND';

/** One commit of the group as it was seen; a lag that is unknown is null. */
export interface CommitSample {
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly lag: bigint | null;
}

/** Commits that a complete window has. */
export const WINDOW = 10;

/**
 * Judges one partition. `window` and `brokerOffsets` (log end offsets) are oldest first; a window that is not complete
 * can't show movement and is OK, an empty one NOTFOUND.
 */
export function partitionStatus(
  window: readonly CommitSample[],
  brokerOffsets: readonly bigint[],
  nowMs: number,
  allowedLag: bigint,
): PartitionStatus {
  const first = window[0];
  const last = window.at(-1);
  if (first === undefined || last === undefined) return 'NOTFOUND';
  const logEnd = brokerOffsets.at(-1);
  const currentLag = logEnd === undefined ? last.lag : logEnd - last.offset;
  if (currentLag === null || currentLag <= allowedLag || window.length < WINDOW) return 'OK';
  const silent = nowMs - last.timestampMs > last.timestampMs - first.timestampMs;
  if (silent && !brokerOffsets.some((offset) => offset <= last.offset)) return 'STOP';
  if (isRewound(window)) return 'REWIND';
  if (window.some(({ lag }) => lag !== null && lag <= allowedLag)) return 'OK';
  if (window.every(({ offset }) => offset === first.offset)) return 'STALL';
  return lagEverDecreased(window) ? 'OK' : 'WARN';
}

/** True if the newest offset is still below one that the group had reached before. */
function isRewound(window: readonly CommitSample[]): boolean {
  const last = window.at(-1);
  return last !== undefined && window.some(({ offset }) => offset > last.offset);
}

function lagEverDecreased(window: readonly CommitSample[]): boolean {
  let before: bigint | null = null;
  for (const { lag } of window) {
    if (lag === null) continue;
    if (before !== null && lag < before) return true;
    before = lag;
  }
  return false;
}

const ORDER: readonly PartitionStatus[] = ['OK', 'WARN', 'STALL', 'REWIND', 'STOP', 'NOTFOUND'];

/** The group's status: its worst partition's. */
export function groupStatus(partitions: readonly PartitionStatus[]): PartitionStatus {
  return partitions.reduce<PartitionStatus>(
    (worst, next) => {
      return ORDER.indexOf(next) > ORDER.indexOf(worst) ? next : worst;
    },
    partitions.length === 0 ? 'NOTFOUND' : 'OK',
  );
}
