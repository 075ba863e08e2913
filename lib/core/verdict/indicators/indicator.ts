import type { ContextDefinition } from '../../migration/definition.ts';
import type { Criterion, IndicatorKind } from '../verdict.ts';

/** Which counters of the store feed a criterion. */
export interface CounterSelection {
  readonly series: readonly string[];
  readonly cohort: string;
  /** Null: whatever limit it was counted against. */
  readonly limitUs: bigint | null;
  /** Nothing passes while these counters are empty; the sentence that says so. */
  readonly required?: string;
}

/** One kind of counted indicator: where its evidence lies, who must be reachable, and its words. */
export interface CountedIndicator {
  readonly kind: IndicatorKind;
  readonly counters: (context: ContextDefinition, criterion: Criterion) => readonly CounterSelection[];
  /** Series and cohort of the histogram behind the figure to show; null where the figure is the share itself. */
  readonly histogram: (
    context: ContextDefinition,
  ) => { readonly series: readonly string[]; readonly cohort: string } | null;
  /** Series whose sampled lag of now is the figure to show when it is above the histogram's: a lag that stands grows. */
  readonly sampled?: (context: ContextDefinition) => readonly string[];
  /** Sagas that have begun and not reached their deadline count as pending. */
  readonly pendingSagas: boolean;
  /** The parts of the worker that must report well; of each list, one is enough. */
  readonly needs: (context: ContextDefinition) => readonly (readonly string[])[];
  /** Topics whose partitions must not be stopped by a gap. */
  readonly topics: (context: ContextDefinition) => readonly string[];
  /** True where a sampled trace would bias the rate. */
  readonly fromTraces: boolean;
  readonly noun: { readonly one: string; readonly many: string };
  /** "took 1 s or longer", after "31 of 4,219 change events". */
  readonly badWords: (limitWords: string) => string;
  /** "took less than 1 s", after "all of 4,219 change events". */
  readonly goodWords: (limitWords: string) => string;
  /** "no read was routed to the service": what silence means, without its time. */
  readonly silence: string;
  /** Why an observation may be neither good nor bad; left out where each is one of them. */
  readonly unjudgedBecause?: string;
}
