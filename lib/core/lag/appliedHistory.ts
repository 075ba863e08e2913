// When was a change applied? Nobody says so; an applier only has a position W, the next offset it has not applied.
// Banyan samples W, so an event at offset o was applied between the last sample with W <= o and the first with W > o.
// The second is an upper bound of the true time and decides, as long as Banyan was looking: where the two samples are
// far apart, only what they prove counts, and the rest is unknown. A pause of Banyan is never a slow applier.
import type { Judgement } from './observationFold.ts';

/** One sample of an applied position: the position held at some moment between start and end of the reading. */
export interface AppliedSample {
  readonly startUs: number;
  readonly endUs: number;
  readonly nextOffset: bigint;
}

/** Above this gap between two samples the upper bound says more about Banyan than about the applier. */
export const SAMPLING_GAP_US = 500_000;

/** Between which moments an event was applied; null: before the first sample, or not yet. */
export interface AppliedBetween {
  readonly notBeforeUs: number | null;
  readonly byUs: number | null;
}

export type ApplyJudgement =
  | { readonly kind: 'pending' }
  | { readonly kind: 'settled'; readonly judgement: Judgement; readonly lagUs: number | null };

/** Judges one change event against the limit; `pending` while it may still turn out good. */
export function judgeApplication(commitUs: number, between: AppliedBetween, limitUs: number): ApplyJudgement {
  const { notBeforeUs, byUs } = between;
  if (byUs === null) {
    const ageUs = notBeforeUs === null ? 0 : notBeforeUs - commitUs;
    return ageUs >= limitUs ? { kind: 'settled', judgement: 'bad', lagUs: ageUs } : { kind: 'pending' };
  }
  const lagUs = Math.max(0, byUs - commitUs);
  if (lagUs < limitUs) return { kind: 'settled', judgement: 'good', lagUs };
  const proved = notBeforeUs !== null && notBeforeUs - commitUs >= limitUs;
  const looking = notBeforeUs !== null && byUs - notBeforeUs <= SAMPLING_GAP_US;
  return { kind: 'settled', judgement: proved || looking ? 'bad' : 'unknown', lagUs: proved || looking ? lagUs : null };
}

interface Step {
  readonly nextOffset: bigint;
  readonly notBeforeUs: number | null;
  readonly byUs: number;
}

/** Applied positions of one partition over time, bounded; older steps are forgotten, which only makes answers unknown. */
export class AppliedHistory {
  #steps: Step[] = [];
  #newest: AppliedSample | null = null;
  readonly #capacity: number;

  constructor(capacity = 20_000) {
    this.#capacity = capacity;
  }

  /** The newest sample, or null. */
  get newest(): AppliedSample | null {
    return this.#newest;
  }

  add(sample: AppliedSample): void {
    const before = this.#newest;
    // A position that falls is another target: what is known of the old one no longer holds.
    if (before !== null && sample.nextOffset < before.nextOffset) this.#steps = [];
    if (before === null || sample.nextOffset !== before.nextOffset) {
      const rewound = before !== null && sample.nextOffset < before.nextOffset;
      const notBeforeUs = before === null || rewound ? null : before.startUs;
      this.#steps.push({ nextOffset: sample.nextOffset, notBeforeUs, byUs: sample.endUs });
      if (this.#steps.length > this.#capacity) this.#forget(this.#steps.length - this.#capacity);
    }
    this.#newest = sample;
  }

  /** What the first step left takes over was passed at some time before it: its own lower bound no longer holds. */
  #forget(count: number): void {
    this.#steps.splice(0, count);
    const first = this.#steps[0];
    if (first !== undefined) this.#steps[0] = { ...first, notBeforeUs: null };
  }

  /** Between which samples the event at `offset` was applied. */
  appliedBetween(offset: bigint): AppliedBetween {
    const newest = this.#newest;
    if (newest === null) return { notBeforeUs: null, byUs: null };
    if (newest.nextOffset <= offset) return { notBeforeUs: newest.startUs, byUs: null };
    let low = 0;
    let high = this.#steps.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const step = this.#steps[middle];
      if (step !== undefined && step.nextOffset > offset) high = middle;
      else low = middle + 1;
    }
    const step = this.#steps[low];
    return step === undefined ? { notBeforeUs: null, byUs: newest.endUs } : step;
  }
}
