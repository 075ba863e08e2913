import type { KeyRange } from '../../core/consistency/keyRange.ts';
import type { RowBudget } from './rowBudget.ts';

/** Rows expected of a range before one has been read. */
const FIRST_GUESS = 250;

/**
 * Reads many ranges by statements that each keep to what a budget allows at once, so that a chunk is no burst. How many
 * ranges go into one is learned from the rows that the last ones had.
 */
export class PacedRanges {
  readonly #budget: RowBudget;
  #rowsPerRange = FIRST_GUESS;

  constructor(budget: RowBudget) {
    this.#budget = budget;
  }

  /** What `read` gave for each part of the ranges, in their order. Errors are those of `read`. */
  async read<T>(
    ranges: readonly KeyRange[],
    read: (part: readonly KeyRange[]) => Promise<{ readonly rows: number; readonly found: T }>,
  ): Promise<readonly T[]> {
    const parts: T[] = [];
    for (let at = 0; at < ranges.length; ) {
      const atOnce = Math.max(1, Math.floor(this.#budget.rowsAtOnce / this.#rowsPerRange));
      const part = ranges.slice(at, at + atOnce);
      const expected = part.length * this.#rowsPerRange;
      await this.#budget.take(expected);
      const { rows, found } = await read(part);
      this.#budget.correct(rows - expected);
      // Halved at most: behind an empty stretch may lie a dense one.
      this.#rowsPerRange = Math.max(1, this.#rowsPerRange / 2, rows / part.length);
      parts.push(found);
      at += part.length;
    }
    return parts;
  }
}
