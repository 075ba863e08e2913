/** Where progress is shown: a terminal has columns. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const BAR_CELLS = 24;
/** To the beginning of the line, and nothing on it. */
export const CLEARED = '\r\x1b[2K';

/** A bar filled to this share, 0 to 1. */
export function barOf(share: number): string {
  const cells = Math.round(share * BAR_CELLS);
  return `[${'█'.repeat(cells)}${'·'.repeat(BAR_CELLS - cells)}]`;
}

/** Draws the line anew, cut where the terminal ends: a part on a second line could not be taken away again. */
export function redraw(out: ProgressStream, line: string): void {
  const columns = out.columns ?? 0;
  out.write(`${CLEARED}${columns > 0 ? [...line].slice(0, columns - 1).join('') : line}`);
}
