import type { CountedBlock } from './changeEvidence.ts';

/** An estimate from fewer blocks than this says little, and as the highest estimate it would stay. */
const MIN_BLOCKS = 10;

/**
 * The highest dispersion phi that was estimated at the end of any of the complete blocks given, oldest first (never
 * lowered within an epoch); at least 1.
 */
export function peakDispersion(blocks: readonly CountedBlock[]): number {
  let peak = 1;
  let filled = 0;
  let n = 0;
  let k = 0;
  let sumOfSquares = 0;
  for (const block of blocks) {
    if (block.n === 0) continue;
    filled++;
    n += block.n;
    k += block.bad;
    sumOfSquares += block.bad ** 2 / block.n;
    const share = k / n;
    if (filled < MIN_BLOCKS || share === 0 || share === 1) continue;
    // X2 of effectiveSample with its square expanded, so that each block costs one step.
    const chiSquared = (sumOfSquares - k ** 2 / n) / (share * (1 - share));
    peak = Math.max(peak, chiSquared / (filled - 1));
  }
  return peak;
}
