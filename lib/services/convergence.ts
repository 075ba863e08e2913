// How long a change took to be in both rows: from its commit until its application was seen, and until the rows were
// proved equal. Counted once a wait, for the oldest change that waited: what came after it took no longer.
import { AppliedHistory, type ApplyJudgement, judgeApplication } from '../core/lag/appliedHistory.ts';
import { ObservationFold, type SeriesKey } from '../core/lag/observationFold.ts';
import { CONSISTENT_WITHIN_US } from '../core/verdict/indicators/consistency.ts';

/** Time to consistency of one mapped table, and what was seen of its applier's positions. */
export class Convergence {
  readonly #applied: SeriesKey;
  readonly #verified: SeriesKey;
  readonly #histories = new Map<number, AppliedHistory>();
  #fold = new ObservationFold();

  constructor(context: string, table: string) {
    const key = { context, indicator: 'consistency', series: table, limitUs: CONSISTENT_WITHIN_US };
    this.#applied = { ...key, cohort: 'applied' };
    this.#verified = { ...key, cohort: 'verified' };
  }

  /** Notes the applier's position as read between two moments. */
  sample(positions: ReadonlyMap<number, bigint>, startMs: number, endMs: number): void {
    for (const [part, nextOffset] of positions) {
      const history = this.#histories.get(part) ?? new AppliedHistory();
      this.#histories.set(part, history);
      history.add({ startUs: startMs * 1000, endUs: endMs * 1000, nextOffset });
    }
  }

  /** Counts a change that is settled: good if both rows agreed within the limit. */
  count(
    change: { part: number; offset: bigint; commitUs: number },
    verdict: 'CLEAN' | 'DIVERGED',
    nowMs: number,
  ): void {
    const { part, offset } = change;
    const commitUs = Math.min(change.commitUs, nowMs * 1000);
    const between = this.#histories.get(part)?.appliedBetween(offset) ?? { notBeforeUs: null, byUs: null };
    const application = judgeApplication(commitUs, between, Number(CONSISTENT_WITHIN_US));
    if (between.byUs !== null && (verdict === 'DIVERGED' || !isUnknown(application))) {
      this.#add(this.#applied, commitUs, between.byUs, verdict);
    } else {
      // Applied at a time that nobody saw: left out, it would flatter the rest.
      this.#fold.addUnknown(this.#applied, commitUs, 1);
    }
    this.#add(this.#verified, commitUs, nowMs * 1000, verdict);
  }

  /** Counts changes that were passed over, under load or because the topic lost them: how they went nobody knows. */
  passedOver(count: number, nowMs: number): void {
    for (const key of [this.#applied, this.#verified]) this.#fold.addUnknown(key, nowMs * 1000, count);
  }

  /** What was counted since it was asked last. */
  drain(): Pick<ObservationFold, 'buckets' | 'bins'> {
    const fold = this.#fold;
    this.#fold = new ObservationFold();
    return fold;
  }

  #add(key: SeriesKey, commitUs: number, untilUs: number, verdict: 'CLEAN' | 'DIVERGED'): void {
    const tookUs = Math.max(0, untilUs - commitUs);
    const good = verdict === 'CLEAN' && tookUs <= Number(CONSISTENT_WITHIN_US);
    this.#fold.add(key, commitUs, good ? 'good' : 'bad', verdict === 'CLEAN' ? tookUs : null);
  }
}

function isUnknown(application: ApplyJudgement): boolean {
  return application.kind === 'settled' && application.judgement === 'unknown';
}
