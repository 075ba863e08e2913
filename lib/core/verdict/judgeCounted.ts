// Proportions, and quantiles turned into proportions. The order of the questions is the order of trust: what is biased or
// contradictory is no evidence; proof of harm wins over everything; silence is never good; only then may it pass.
import { CHANGE_ALARM, type CountedBlock, changeEvidence } from '../stats/changeEvidence.ts';
import { epochAlpha } from '../stats/epochAlpha.ts';
import { failEvidence } from '../stats/failEvidence.ts';
import { passEvidence } from '../stats/passEvidence.ts';
import { passThreshold } from '../stats/passThreshold.ts';
import { peakDispersion } from '../stats/peakDispersion.ts';
import type { CriterionInput } from './criterionInput.ts';
import type { CriterionOutcome } from './criterionOutcome.ts';
import type { CountedEvidence } from './evidence.ts';
import { brokenCounters, countedSentences, NO_COUNTED_TARGET, NOT_A_NUMBER, stillFailed } from './explain.ts';
import type { CountedIndicator } from './indicators/indicator.ts';

const MINUTE_MS = 60_000;
const RECENT_MINUTES = 5;
/** No new evidence for this long is silence. */
const QUIET_AFTER_MS = 5 * MINUTE_MS;

/** Judges counted evidence against the largest share of bad observations that is good enough. */
export function judgeCounted(
  input: CriterionInput,
  evidence: CountedEvidence,
  indicator: CountedIndicator,
): CriterionOutcome {
  const { criterion, nowMs } = input;
  const { n, bad, unknown, pending, lastEvidenceMs, wanting, source } = evidence;
  const p0 = criterion.badShareLimit ?? Number.NaN;
  if (!(p0 > 0 && p0 < 1)) return { verdict: 'error', reason: NO_COUNTED_TARGET };
  if (source.state === 'biased') return { verdict: 'error', reason: source.detail };
  const defect = defectOf(evidence);
  if (defect !== null) return defect;

  const say = countedSentences(criterion, indicator, input);
  const figures = { ...figuresOf(input, evidence, p0), pending, unknown, lastEvidenceMs };
  const failure = failureOf(input, evidence, p0, say);
  if (failure !== null) {
    const first = input.failure ?? { at: new Date(nowMs).toISOString(), reason: failure };
    return { ...figures, verdict: 'fail', reason: failure, failure: first, remaining: null };
  }
  if (input.failure !== null) {
    const reason = stillFailed(input.failure.reason, Date.parse(input.failure.at), nowMs);
    return { ...figures, verdict: 'fail', reason, failure: input.failure, remaining: null };
  }
  if (source.state === 'unreachable') return { ...figures, verdict: 'no_data', reason: source.detail };
  if (n === 0 || lastEvidenceMs === null) return { ...figures, verdict: 'no_data', reason: say.silent() };
  if (nowMs - lastEvidenceMs > QUIET_AFTER_MS) {
    return { ...figures, verdict: 'no_data', reason: say.quiet(lastEvidenceMs) };
  }
  if (unknown / (n + unknown) > p0) return { ...figures, verdict: 'inconclusive', reason: say.unjudged(n, unknown) };
  if (wanting !== null) return { ...figures, verdict: 'inconclusive', reason: wanting };
  if (figures.remaining.events > 0) {
    const reason = say.more(n, bad, figures.remaining.events, figures.perSecond, figures.phi);
    return { ...figures, verdict: 'inconclusive', reason };
  }
  if (figures.restSec > 0)
    return { ...figures, verdict: 'inconclusive', reason: say.tooEarly(n, bad, figures.restSec) };
  return { ...figures, verdict: 'pass', reason: say.proved(n, bad, figures.phi), remaining: null };
}

function defectOf(evidence: CountedEvidence): CriterionOutcome | null {
  const counts = [evidence.n, evidence.bad, evidence.unknown, ...evidence.minutes.flatMap((m) => [m.n, m.bad])];
  if (counts.some((count) => !Number.isFinite(count))) return { verdict: 'no_data', reason: NOT_A_NUMBER };
  const impossible = counts.some((count) => count < 0) || evidence.minutes.some((minute) => minute.bad > minute.n);
  if (impossible || evidence.bad > evidence.n) return { verdict: 'error', reason: brokenCounters(evidence) };
  return null;
}

/** The sentence of a failure that the evidence proves now, or null. */
function failureOf(
  input: CriterionInput,
  { n, bad, minutes }: CountedEvidence,
  p0: number,
  say: ReturnType<typeof countedSentences>,
): string | null {
  if (bad === 0) return null;
  if (failEvidence(bad, n * p0) >= input.criteriaCount / input.criterion.alpha) return say.failed(n, bad);
  const dense = denseMinutes(minutes, input);
  if (changeEvidence(dense, p0) < CHANGE_ALARM) return null;
  for (let recent = RECENT_MINUTES; recent < dense.length; recent *= 2) {
    const seen = totalOf(dense.slice(-recent));
    if (seen.bad > 0) return say.changed(seen.n, seen.bad, recent);
  }
  return say.failed(n, bad);
}

/** Every minute from the start of the epoch to now, those without observations too. */
function denseMinutes(minutes: CountedEvidence['minutes'], { startedAtMs, nowMs }: CriterionInput): CountedBlock[] {
  const byMinute = new Map(minutes.map((minute) => [minute.minuteMs, minute]));
  const first = Math.min(floorToMinute(startedAtMs), minutes[0]?.minuteMs ?? startedAtMs);
  const last = Math.max(floorToMinute(nowMs), minutes.at(-1)?.minuteMs ?? 0);
  const dense: CountedBlock[] = [];
  for (let at = first; at <= last; at += MINUTE_MS) dense.push(byMinute.get(at) ?? { n: 0, bad: 0 });
  return dense;
}

function figuresOf(input: CriterionInput, evidence: CountedEvidence, p0: number) {
  const { criterion, startedAtMs, nowMs } = input;
  const { n, bad, minutes } = evidence;
  const alpha = epochAlpha(criterion.alpha, input.attempt);
  const openMinuteMs = floorToMinute(nowMs);
  const phi = peakDispersion(minutes.filter((minute) => minute.minuteMs < openMinuteMs));
  const threshold = passThreshold(bad / phi, alpha);
  const events = Math.max(0, Math.ceil((threshold * phi) / p0 - n));
  const elapsedSec = Math.max(0, (nowMs - startedAtMs) / 1000);
  const restSec = Math.max(0, Math.ceil(criterion.minDurationSec - elapsedSec));
  const recentFrom = openMinuteMs - (RECENT_MINUTES - 1) * MINUTE_MS;
  const recent = totalOf(minutes.filter((minute) => minute.minuteMs >= recentFrom));
  const perSecond = recent.n / Math.max(10, Math.min(elapsedSec, (nowMs - recentFrom) / 1000));
  const arrivalSec = events === 0 ? 0 : perSecond > 0 ? Math.ceil(events / perSecond) : null;
  const good = n === 0 ? null : (n - bad) / n;
  return {
    n,
    failures: bad,
    estimate: good,
    observed: criterion.kind === 'quantile' ? evidence.observed : shareOnItsSide(good, criterion.op),
    bound: n === 0 ? null : Math.min(1, (threshold * phi) / n),
    eValue: n === 0 ? null : Math.min(passEvidence(bad / phi, (n / phi) * p0), Number.MAX_VALUE),
    eThreshold: 1 / alpha,
    alpha,
    remaining: { events, etaSeconds: arrivalSec === null ? null : Math.max(arrivalSec, restSec) },
    restSec,
    perSecond,
    phi,
  };
}

/** The share that the target speaks of: the good one for "above", the bad one for "below". */
function shareOnItsSide(good: number | null, op: 'lt' | 'gt' | 'eq'): number | null {
  if (good === null) return null;
  return op === 'gt' ? good : 1 - good;
}

function totalOf(blocks: readonly CountedBlock[]): CountedBlock {
  return { n: blocks.reduce((sum, b) => sum + b.n, 0), bad: blocks.reduce((sum, b) => sum + b.bad, 0) };
}

function floorToMinute(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}
