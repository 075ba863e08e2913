// The time that a page shows, cut into steps of a round length.
import type { StageVerdict } from '../../core/verdict/verdict.ts';
import { BanyanError } from '../../errors.ts';

export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

const DEFAULT_RANGE_MS = 3_600_000;
/** An attempt that has just begun is shown with some of what was before it. */
const MIN_RANGE_MS = 60_000;

/** How much time to show: what was asked for, else since the stage's attempt began; milliseconds. */
export function rangeOf(askedMs: number | null, stage: Pick<StageVerdict, 'epoch'> | undefined, nowMs: number): number {
  const beganAt = stage?.epoch?.startedAt;
  return Math.max(MIN_RANGE_MS, askedMs ?? (beganAt === undefined ? DEFAULT_RANGE_MS : nowMs - Date.parse(beganAt)));
}

/** Counters are kept per ten seconds: no step is shorter. */
const STEPS_SEC = [10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400] as const;
/** Rounding both ends outwards may add one: 2,000 in all. */
const MAX_POINTS = 1999;

/**
 * The shortest round step that needs at most `points` of them (and never more than 2,000); both ends lie on a step,
 * the last one covering `toMs`.
 * @throws BanyanError `bad_input` where the end is not after the start.
 */
export function windowFor(fromMs: number, toMs: number, points: number): TimeWindow {
  if (!(toMs > fromMs)) throw new BanyanError('bad_input', 'the end of a time range must be after its start');
  const wanted = Math.min(Math.max(points, 2), MAX_POINTS);
  const lengthSec = (toMs - fromMs) / 1000;
  const stepSec =
    STEPS_SEC.find((step) => lengthSec / step <= wanted - 1) ?? Math.ceil(lengthSec / (wanted - 1) / 86_400) * 86_400;
  const stepMs = stepSec * 1000;
  return { fromMs: Math.floor(fromMs / stepMs) * stepMs, toMs: (Math.floor(toMs / stepMs) + 1) * stepMs, stepMs };
}
