// How long an applier has stood still with events waiting. An idle partition does not stand still: the time runs only
// while something waits.

/** What is remembered of one partition between two looks. */
export interface Standstill {
  readonly applied: bigint;
  readonly sinceMs: number;
}

/** Folds one look: the time starts anew when the position moves or nothing waits below `end`, Banyan's own position. */
export function lookAt(before: Standstill | undefined, applied: bigint, end: bigint, nowMs: number): Standstill {
  const waiting = applied < end;
  return before !== undefined && waiting && before.applied === applied ? before : { applied, sinceMs: nowMs };
}
