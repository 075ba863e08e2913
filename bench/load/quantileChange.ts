/** Latencies of one round, in ms, of the same load at two times: `after` beside the work that is measured. */
export interface Round {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** By how many percent a quantile is higher in `after`, and the interval that holds it with 95 % confidence. */
export interface QuantileChange {
  readonly percent: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 1_000;

/** A quantile of many values, by nearest rank; NaN without any. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/**
 * The change of a quantile over all rounds. The interval is a bootstrap of whole rounds, not of single values: latencies
 * of one moment are alike, and a drift of the machine falls on both halves of a round.
 */
export function quantileChange(rounds: readonly Round[], q: number): QuantileChange {
  const [before, after] = [pooled(rounds, 'before'), pooled(rounds, 'after')];
  const once = rounds.map(() => 1);
  const percent = (weights: readonly number[]) =>
    (weightedQuantile(after, weights, q) / weightedQuantile(before, weights, q) - 1) * 100;
  const resampled = Array.from({ length: RESAMPLES }, () => percent(drawn(rounds.length)));
  return { percent: percent(once), low: quantile(resampled, 0.025), high: quantile(resampled, 0.975) };
}

interface Pooled {
  readonly ms: number;
  readonly round: number;
}

/** The latencies of all rounds in ascending order, and how many each round has. */
interface Pool {
  readonly sorted: readonly Pooled[];
  readonly counts: readonly number[];
}

function pooled(rounds: readonly Round[], half: keyof Round): Pool {
  return {
    sorted: rounds.flatMap((values, round) => values[half].map((ms) => ({ ms, round }))).sort((a, b) => a.ms - b.ms),
    counts: rounds.map((values) => values[half].length),
  };
}

/** How often each round is drawn in one resample. */
function drawn(rounds: number): readonly number[] {
  const weights = Array.from({ length: rounds }, () => 0);
  for (let i = 0; i < rounds; i += 1) {
    const round = Math.floor(Math.random() * rounds);
    weights[round] = (weights[round] ?? 0) + 1;
  }
  return weights;
}

/** By nearest rank; walked from the top, for it is high quantiles that are asked for. */
function weightedQuantile({ sorted, counts }: Pool, weights: readonly number[], q: number): number {
  const total = counts.reduce((sum, count, round) => sum + count * (weights[round] ?? 0), 0);
  let left = total - Math.ceil(q * total) + 1;
  for (let i = sorted.length - 1; i >= 0; i -= 1) {
    const entry = sorted[i];
    if (entry === undefined) break;
    left -= weights[entry.round] ?? 0;
    if (left <= 0) return entry.ms;
  }
  return Number.NaN;
}
