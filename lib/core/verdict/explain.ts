// Every sentence of a verdict, written once: page, CLI and webhook print it unchanged.
import type { ComparedTable, CountedEvidence } from './evidence.ts';
import {
  formatCount,
  formatCounted,
  formatMs,
  formatQuantile,
  formatRate,
  formatShare,
  formatSpan,
  formatTime,
} from './figures.ts';
import type { CountedIndicator } from './indicators/indicator.ts';
import type { Criterion, CriterionVerdict, CriterionWaiver } from './verdict.ts';

const NOT_AT_THIS_TRAFFIC_SEC = 30 * 86_400;
const KEYS = { one: 'key', many: 'keys' };
const ROWS = { one: 'row', many: 'rows' };
const TABLES = { one: 'table', many: 'tables' };

/** The limit in words: "p99 below 1 s", "saga success above 99.99 %". */
export function limitText(criterion: Criterion): string {
  if (criterion.limitWords !== undefined) return criterion.limitWords;
  if (criterion.kind === 'quantile') {
    return `${formatQuantile(criterion.quantile ?? 0.99)} below ${formatMs(criterion.target)}`;
  }
  if (criterion.kind === 'comparison') return `at most ${criterion.target} times the baseline`;
  const side = criterion.op === 'gt' ? 'above' : criterion.op === 'lt' ? 'below' : 'exactly';
  const target = criterion.unit === 'ratio' ? formatShare(criterion.target) : formatCount(criterion.target);
  return `${criterion.title.toLowerCase()} ${side} ${target}`;
}

/** When and over what the sentences speak. */
export interface Span {
  readonly startedAtMs: number;
  readonly nowMs: number;
}

/** Words for the judgement of counted evidence. */
export function countedSentences(criterion: Criterion, indicator: CountedIndicator, span: Span) {
  const since = `since ${formatTime(span.startedAtMs, span.nowMs)}`;
  const allowed = `at most ${formatShare(criterion.badShareLimit ?? 0)} allowed`;
  const limitWords = formatMs(criterion.target);
  const limit = limitText(criterion);
  const because = indicator.unjudgedBecause === undefined ? '' : `: ${indicator.unjudgedBecause}`;
  const facts = (n: number, bad: number, when: string) => {
    const counts = bad === 0 ? 'all' : formatCount(bad);
    const words = bad === 0 ? indicator.goodWords(limitWords) : indicator.badWords(limitWords);
    return `${counts} of ${formatCounted(n, indicator.noun)} ${words} ${when} (${formatShare(bad / n)} bad, ${allowed})`;
  };
  return {
    silent: () => `${indicator.silence} ${since}`,
    quiet: (lastEvidenceMs: number) =>
      `${indicator.silence} for ${formatSpan((span.nowMs - lastEvidenceMs) / 1000)}: the newest evidence is of ${formatTime(lastEvidenceMs, span.nowMs)}`,
    failed: (n: number, bad: number) => `${limit} is not met: ${facts(n, bad, since)}`,
    changed: (n: number, bad: number, minutes: number) =>
      `${limit} is no longer met: ${facts(n, bad, minutes === 1 ? 'in the last minute' : `in the last ${minutes} minutes`)}`,
    proved: (n: number, bad: number, phi: number) => `${limit} is proved: ${facts(n, bad, since)}${clumps(phi)}`,
    unjudged: (n: number, unknown: number) =>
      `${formatCount(unknown)} of ${formatCounted(n + unknown, indicator.noun)} ${since} could not be judged (${formatShare(unknown / (n + unknown))}, more than the ${formatShare(criterion.badShareLimit ?? 0)} that may be bad), so ${limit} can't be proved${because}`,
    tooEarly: (n: number, bad: number, restSec: number) =>
      `enough evidence, but the minimum of ${formatSpan(criterion.minDurationSec)} still has ${formatSpan(restSec)} to run: ${facts(n, bad, since)}`,
    more: (n: number, bad: number, events: number, perSecond: number, phi: number) =>
      `${formatCount(events)} more ${events === 1 ? indicator.noun.one : indicator.noun.many} without a failure are needed, ${arrival(events, perSecond)}: ${facts(n, bad, since)}${clumps(phi)}`,
  };
}

function clumps(phi: number): string {
  if (phi < 1.05) return '';
  return `; failures come in clumps, so ${Number(phi.toPrecision(2))} events count as one (dispersion)`;
}

function arrival(events: number, perSecond: number): string {
  if (perSecond <= 0) return 'and none came in the last 5 minutes';
  const seconds = events / perSecond;
  const text = `about ${formatSpan(seconds)} at ${formatRate(perSecond)}`;
  return seconds > NOT_AT_THIS_TRAFFIC_SEC ? `${text}, so this target can't be proved at this traffic` : text;
}

/** Evidence whose counters contradict each other. */
export function brokenCounters(evidence: CountedEvidence): string {
  return `the counters contradict each other (${evidence.bad} bad of ${evidence.n}, ${evidence.unknown} unknown): a counter was reset or written twice`;
}

export const NOT_A_NUMBER = 'the evidence is not a number: nothing can be judged by it';
export const NO_COUNTED_TARGET = 'the target allows either nothing or everything, so no evidence can decide it';

/** A failure of this epoch that the newest evidence alone would no longer show. */
export function stillFailed(reason: string, atMs: number, nowMs: number): string {
  return `${reason}; failed at ${formatTime(atMs, nowMs)}, and only a new attempt ends that`;
}

/** A criterion that a person set aside. */
export function waivedBecause(waiver: CriterionWaiver, reason: string, nowMs: number): string {
  return `waived by ${waiver.by} until ${formatTime(Date.parse(waiver.expiresAt), nowMs)}: ${waiver.reason} (without the waiver: ${reason})`;
}

/** Words for the judgement of the comparison of rows. */
export const comparisonSentences = {
  noTable: () => 'no table is mapped in this context, so there is nothing to compare',
  diverged: (tables: readonly ComparedTable[]) => {
    const total = sum(tables, (table) => table.diverged);
    const where = tables.filter((t) => t.diverged > 0).map((t) => `${t.table} ${formatCount(t.diverged)}`);
    return `${formatCounted(total, KEYS)} ${total === 1 ? 'differs' : 'differ'} with proof (${where.join(', ')}), 0 allowed`;
  },
  noPass: (table: string, span: Span) =>
    `no comparison of table ${table} that began since ${formatTime(span.startedAtMs, span.nowMs)} has finished`,
  oldPass: (table: string, finishedMs: number, nowMs: number) =>
    `no comparison of table ${table} has finished for ${formatSpan((nowMs - finishedMs) / 1000)}`,
  partial: (table: string, done: number, total: number) =>
    `the comparison of table ${table} covered ${formatShare(total === 0 ? 0 : done / total)} of the key range, 100 % needed`,
  unsettled: (tables: readonly ComparedTable[]) => {
    const parts = [
      [sum(tables, (t) => t.stalled), 'stalled'],
      [sum(tables, (t) => t.conflict), 'in conflict'],
      [sum(tables, (t) => t.unknown), 'unknown'],
      [sum(tables, (t) => t.pendingLong), 'pending for longer than a minute'],
    ] as const;
    const total = parts.reduce((all, [count]) => all + count, 0);
    const words = parts.filter(([count]) => count > 0).map(([count, word]) => `${formatCount(count)} ${word}`);
    return `${formatCounted(total, KEYS)} could not be settled (${words.join(', ')}); no difference is proved`;
  },
  notClean: (table: string, keys: number) =>
    `the last comparison of table ${table} left ${formatCounted(keys, KEYS)} not clean; one complete clean pass is needed`,
  unclean: (table: string, because: string) =>
    `the last comparison of table ${table} was not a clean one: ${because}; one complete clean pass is needed`,
  repaired: (table: string) =>
    `a difference in table ${table} was resolved during the last comparison; one complete clean pass after it is needed`,
  tooEarly: (minDurationSec: number, restSec: number) =>
    `no difference, but the minimum of ${formatSpan(minDurationSec)} still has ${formatSpan(restSec)} to run`,
  clean: (tables: readonly ComparedTable[], nowMs: number) => {
    const rows = sum(tables, (t) => t.pass?.rowsCompared ?? 0);
    const newest = Math.max(...tables.map((t) => t.pass?.finishedMs ?? 0));
    return `${formatCounted(rows, ROWS)} of ${formatCounted(tables.length, TABLES)} compared, 100 % of the key range, no difference; the last pass ended at ${formatTime(newest, nowMs)}`;
  },
};

function sum(tables: readonly ComparedTable[], of: (table: ComparedTable) => number): number {
  return tables.reduce((total, table) => total + of(table), 0);
}

export const NOT_STARTED = 'this stage has not started';
export const NO_ATTEMPT = 'no attempt is open, so no evidence counts';

/** The sentence of a stage: that of its worst criterion, with its id in front. */
export function stageReason(blocker: CriterionVerdict | undefined, criteria: readonly CriterionVerdict[]): string {
  if (blocker === undefined) return 'this stage has no criteria';
  if (blocker.verdict === 'pass') return `every criterion is met: ${criteria.length} of ${criteria.length}`;
  return `${blocker.id}: ${blocker.reason}`;
}

/** A verdict past its time. */
export function staleReason(evaluatedAtMs: number, nowMs: number): string {
  return `stale: no evaluation since ${formatTime(evaluatedAtMs, nowMs)}, ${formatSpan((nowMs - evaluatedAtMs) / 1000)} ago; is the worker running?`;
}
