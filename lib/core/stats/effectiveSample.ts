// Failures that come in clumps say less than as many independent ones. The dispersion phi = X2 / (B - 1) over blocks of a
// minute measures it, and counts divided by phi are used in its place.
import type { CountedBlock } from './changeEvidence.ts';

/** phi as estimated, and the counts to use: divided by phi where it is above 1. */
export interface EffectiveSample {
  readonly phi: number;
  readonly k: number;
  readonly n: number;
}

/** Dispersion over complete blocks; phi is 1 where it can't be estimated (no failure, or fewer than two blocks). */
export function effectiveSample(blocks: readonly CountedBlock[]): EffectiveSample {
  let k = 0;
  let n = 0;
  for (const block of blocks) {
    k += block.bad;
    n += block.n;
  }
  const phi = dispersion(blocks, k, n);
  const divisor = Math.max(1, phi);
  return { phi, k: k / divisor, n: n / divisor };
}

function dispersion(blocks: readonly CountedBlock[], k: number, n: number): number {
  const share = k / n;
  const filled = blocks.filter((block) => block.n > 0);
  if (!(share > 0 && share < 1) || filled.length < 2) return 1;
  let chiSquared = 0;
  for (const block of filled) {
    const expected = block.n * share;
    chiSquared += (block.bad - expected) ** 2 / (expected * (1 - share));
  }
  return chiSquared / (filled.length - 1);
}
