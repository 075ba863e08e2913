// Observations become additive buckets: ten seconds of event time, integers only, so that any order and any sharding of
// the same observations adds up to the same counters.

/** Counters of one indicator, series and cohort in one bucket. */
export interface BucketDelta {
  readonly context: string;
  readonly indicator: string;
  readonly series: string;
  readonly cohort: string;
  readonly limitUs: bigint;
  /** Start of the bucket; milliseconds since 1970. */
  readonly bucketMs: number;
  readonly n: number;
  readonly bad: number;
  readonly unknown: number;
  readonly sumUs: bigint;
}

/** One bar of the display histogram. */
export interface BinDelta {
  readonly context: string;
  readonly indicator: string;
  readonly series: string;
  readonly cohort: string;
  readonly bucketMs: number;
  readonly bin: number;
  readonly n: number;
}

/** What is observed: the key of its counters, without the bucket. */
export interface SeriesKey {
  readonly context: string;
  readonly indicator: string;
  readonly series: string;
  readonly cohort: string;
  readonly limitUs: bigint;
}

export type Judgement = 'good' | 'bad' | 'unknown';

export const BUCKET_MS = 10_000;
const LN_BASE = Math.log(1.02);

/** Histogram bin of a value: 2 % wide, so at most 1 % off at its middle. */
export function binOf(valueUs: number): number {
  return Math.ceil(Math.log(Math.max(valueUs, 1)) / LN_BASE);
}

interface Cell {
  n: number;
  bad: number;
  unknown: number;
  sumUs: number;
  bins: Map<number, number>;
}

interface Series {
  readonly key: SeriesKey;
  readonly cells: Map<number, Cell>;
  /** The cell that was asked for last, and its bucket: events come nearly in order. */
  last: { readonly bucketMs: number; readonly cell: Cell } | null;
}

/** Adds observations up; `buckets` and `bins` are sorted by key, so that writers lock rows in one order. */
export class ObservationFold {
  readonly #series = new Map<string, Series>();
  /** The same series by its key object: a caller that keeps its keys saves building their names. */
  readonly #known = new Map<SeriesKey, Series>();

  /** Counts one observation at its event time; `valueUs` null where there is none to show. An unknown one is not in n. */
  add(key: SeriesKey, eventTimeUs: number, judgement: Judgement, valueUs: number | null): void {
    const cell = this.#cell(key, eventTimeUs);
    if (judgement === 'unknown') {
      cell.unknown += 1;
      return;
    }
    cell.n += 1;
    if (judgement === 'bad') cell.bad += 1;
    if (valueUs === null) return;
    cell.sumUs += valueUs;
    const bin = binOf(valueUs);
    cell.bins.set(bin, (cell.bins.get(bin) ?? 0) + 1);
  }

  /** Counts observations that were missed: how they went nobody knows. */
  addUnknown(key: SeriesKey, eventTimeUs: number, count: number): void {
    this.#cell(key, eventTimeUs).unknown += count;
  }

  #find(key: SeriesKey): Series {
    const name = [key.context, key.indicator, key.series, key.cohort, key.limitUs].join('\u0000');
    const series = this.#series.get(name) ?? { key, cells: new Map<number, Cell>(), last: null };
    this.#series.set(name, series);
    this.#known.set(key, series);
    return series;
  }

  #cell(key: SeriesKey, eventTimeUs: number): Cell {
    const series = this.#known.get(key) ?? this.#find(key);
    const bucketMs = Math.floor(eventTimeUs / 1000 / BUCKET_MS) * BUCKET_MS;
    if (series.last?.bucketMs === bucketMs) return series.last.cell;
    let cell = series.cells.get(bucketMs);
    if (cell === undefined) {
      cell = { n: 0, bad: 0, unknown: 0, sumUs: 0, bins: new Map() };
      series.cells.set(bucketMs, cell);
    }
    series.last = { bucketMs, cell };
    return cell;
  }

  buckets(): BucketDelta[] {
    const deltas: BucketDelta[] = [];
    for (const [, { key, cells }] of this.#sorted()) {
      for (const [bucketMs, cell] of [...cells].sort(byNumber)) {
        const { n, bad, unknown } = cell;
        deltas.push({ ...key, bucketMs, n, bad, unknown, sumUs: BigInt(Math.round(cell.sumUs)) });
      }
    }
    return deltas;
  }

  bins(): BinDelta[] {
    const totals = new Map<string, BinDelta>();
    for (const [, { key, cells }] of this.#sorted()) {
      const { context, indicator, series, cohort } = key;
      for (const [bucketMs, cell] of [...cells].sort(byNumber)) {
        for (const [bin, n] of [...cell.bins].sort(byNumber)) {
          const name = [context, indicator, series, cohort, bucketMs, bin].join('\u0000');
          const before = totals.get(name)?.n ?? 0;
          totals.set(name, { context, indicator, series, cohort, bucketMs, bin, n: before + n });
        }
      }
    }
    // Several limits share a bin, so the order above is not yet that of the bins' own keys.
    return [...totals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, delta]) => delta);
  }

  #sorted(): [string, Series][] {
    return [...this.#series].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

function byNumber(a: readonly [number, unknown], b: readonly [number, unknown]): number {
  return a[0] - b[0];
}
