// The sentences of invariants.
import { addDecimal, formatDecimal, parseDecimal, ZERO } from '../invariant/decimal.ts';
import type { CheckedInvariant, InvariantCut } from './evidence.ts';
import type { Span } from './explain.ts';
import { formatCount, formatCounted, formatSpan, formatTime } from './figures.ts';

const CUTS = { one: 'cut', many: 'cuts' };
const INVARIANTS = { one: 'invariant', many: 'invariants' };

/** Words for the judgement of invariants. */
export const invariantSentences = {
  none: () => 'no invariant is configured for this context: say what must hold across its databases (invariants)',
  violated: (invariant: CheckedInvariant, cut: InvariantCut, span: Span) =>
    `${invariant.title}: ${cut.total} instead of ${invariant.expected} (${difference(cut.total, invariant.expected)}) at ${formatTime(cut.atMs, span.nowMs)}, read at one cut: ${figures(cut)}; ${formatCount(invariant.violations)} of ${formatCounted(invariant.cuts, CUTS)} since ${formatTime(span.startedAtMs, span.nowMs)} off, 0 allowed`,
  noCut: (invariant: CheckedInvariant, because: string | null, span: Span) =>
    `${invariant.title}: no cut of its databases since ${formatTime(span.startedAtMs, span.nowMs)}${why(because)}`,
  oldCut: (invariant: CheckedInvariant, atMs: number, because: string | null, nowMs: number) =>
    `${invariant.title}: no cut of its databases for ${formatSpan((nowMs - atMs) / 1000)}${why(because)}`,
  once: (invariant: CheckedInvariant) => `${invariant.title}: read at one cut so far, a second one is needed`,
  tooEarly: (minDurationSec: number, restSec: number) =>
    `no violation, but the minimum of ${formatSpan(minDurationSec)} still has ${formatSpan(restSec)} to run`,
  held: (invariants: readonly CheckedInvariant[], span: Span) => {
    const cuts = invariants.reduce((sum, invariant) => sum + invariant.cuts, 0);
    const sums = invariants.map(({ title, newest, expected }) => `${title}: ${newest?.total ?? expected}`);
    return `${formatCounted(invariants.length, INVARIANTS)} held at all of ${formatCounted(cuts, CUTS)} since ${formatTime(span.startedAtMs, span.nowMs)} (${sums.join('; ')})`;
  },
};

function why(because: string | null): string {
  return because === null ? '' : `: ${because}`;
}

function figures({ parts }: InvariantCut): string {
  return parts.map(({ database, sign, value }) => `${sign === -1 ? 'minus ' : ''}${value} in ${database}`).join(', ');
}

function difference(total: string, expected: string | null): string {
  const off = addDecimal(parseDecimal(total) ?? ZERO, parseDecimal(expected ?? '') ?? ZERO, -1);
  return `${off.units > 0n ? '+' : ''}${formatDecimal(off)}`;
}
