/** Width of the bins of the display histogram: bin = ceil(ln(max(valueUs, 1)) / ln(BIN_BASE)), so 1 % about its middle. */
const BIN_BASE = 1.02;

export interface HistogramBin {
  readonly bin: number;
  readonly n: number;
}

/** The q-quantile in microseconds (upper edge of its bin) of merged bins in any order; null without observations. */
export function binQuantile(bins: readonly HistogramBin[], q: number): number | null {
  const total = bins.reduce((sum, bin) => sum + bin.n, 0);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (const { bin, n } of [...bins].sort((a, b) => a.bin - b.bin)) {
    seen += n;
    if (seen >= rank) return BIN_BASE ** bin;
  }
  return null;
}
