/** What of a complete pass decides an exit code. */
export interface PassOutcome {
  readonly cleanPass: boolean | null;
  readonly diverged: bigint;
}

/**
 * The exit code of passes, with the gate's meanings: 0 if each was a clean one, 1 if any key is divergent, else 2: keys
 * that wait or could not be judged, or a pass that something was mended during.
 */
export function passExit(passes: readonly PassOutcome[]): 0 | 1 | 2 {
  if (passes.some(({ diverged }) => diverged > 0n)) return 1;
  return passes.length > 0 && passes.every(({ cleanPass }) => cleanPass === true) ? 0 : 2;
}
