// Rows of both databases compared: one proved difference fails; a pass needs every row compared in one complete clean
// pass since the epoch began, with nothing left open. What is open is state, so a repair ends a failure by itself.

import type { CriterionInput } from './criterionInput.ts';
import type { CriterionOutcome } from './criterionOutcome.ts';
import type { ComparedTable, ComparisonEvidence } from './evidence.ts';
import { comparisonSentences as say } from './explain.ts';

const MIN_QUIET_MS = 5 * 60_000;

/** Judges the comparison of the mapped tables of a context. */
export function judgeComparison(input: CriterionInput, evidence: ComparisonEvidence): CriterionOutcome {
  const { tables, source } = evidence;
  const { nowMs, criterion } = input;
  if (tables.length === 0) return { verdict: 'no_data', reason: say.noTable() };
  const figures = figuresOf(tables);
  if (figures.failures > 0) {
    const reason = say.diverged(tables);
    const failure = input.failure ?? { at: new Date(nowMs).toISOString(), reason };
    return { ...figures, verdict: 'fail', reason, failure };
  }
  if (source.state === 'biased') return { ...figures, verdict: 'error', reason: source.detail };
  if (source.state === 'unreachable') return { ...figures, verdict: 'no_data', reason: source.detail };
  for (const { table, pass } of tables) {
    if (pass === null) return { ...figures, verdict: 'no_data', reason: say.noPass(table, input) };
    const quietMs = Math.max(MIN_QUIET_MS, 3 * (pass.finishedMs - pass.startedMs));
    if (nowMs - pass.finishedMs > quietMs) {
      return { ...figures, verdict: 'no_data', reason: say.oldPass(table, pass.finishedMs, nowMs) };
    }
  }
  const missing = missingOf(tables);
  if (missing !== null) return { ...figures, verdict: 'inconclusive', reason: missing };
  const restSec = Math.ceil(criterion.minDurationSec - (nowMs - input.startedAtMs) / 1000);
  if (restSec > 0) {
    const reason = say.tooEarly(criterion.minDurationSec, restSec);
    return { ...figures, verdict: 'inconclusive', reason, remaining: { events: 0, etaSeconds: restSec } };
  }
  return { ...figures, verdict: 'pass', reason: say.clean(tables, nowMs) };
}

/** What a pass still lacks, in words; null when nothing. */
function missingOf(tables: readonly ComparedTable[]): string | null {
  if (tables.some((t) => t.stalled + t.conflict + t.unknown + t.pendingLong > 0)) return say.unsettled(tables);
  for (const { table, pass, lastResolvedMs } of tables) {
    if (pass === null) continue;
    if (pass.rangesTotal === 0 || pass.rangesDone < pass.rangesTotal) {
      return say.partial(table, pass.rangesDone, pass.rangesTotal);
    }
    if (pass.notClean > 0) return say.notClean(table, pass.notClean);
    if (pass.notCleanBecause !== null) return say.unclean(table, pass.notCleanBecause);
    if (lastResolvedMs !== null && pass.startedMs <= lastResolvedMs) return say.repaired(table);
  }
  return null;
}

function figuresOf(tables: readonly ComparedTable[]) {
  const total = (of: (table: ComparedTable) => number) => tables.reduce((sum, table) => sum + of(table), 0);
  const diverged = total((t) => t.diverged);
  const finished = tables.map((t) => t.pass?.finishedMs ?? null).filter((ms) => ms !== null);
  return {
    n: total((t) => t.pass?.rowsCompared ?? 0),
    failures: diverged,
    pending: total((t) => t.pending),
    unknown: total((t) => t.unknown + t.conflict + t.stalled),
    estimate: finished.length === 0 && diverged === 0 ? null : diverged,
    observed: finished.length === 0 && diverged === 0 ? null : diverged,
    failure: null,
    lastEvidenceMs: finished.length === 0 ? null : Math.max(...finished),
  };
}
