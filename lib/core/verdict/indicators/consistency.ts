import type { CountedIndicator } from './indicator.ts';

/** A change is in both databases in time if its rows are equal this long after its commit; microseconds. */
export const CONSISTENT_WITHIN_US = 1_000_000n;

/** Changes of mapped rows, each counted once its application was seen and its rows were judged. */
export const consistency: CountedIndicator = {
  kind: 'consistency',
  counters: (context) => [
    { series: context.tables.map((table) => table.id), cohort: 'applied', limitUs: CONSISTENT_WITHIN_US },
  ],
  histogram: () => null,
  pendingSagas: false,
  needs: (context) => [
    ['verify:topics'],
    ...context.tables.map((table) => [`continuous:${context.id}/${table.id}`]),
    ...context.tables.flatMap(({ source, target }) => [
      [`database:${source.database}`],
      [`database:${target.database}`],
    ]),
  ],
  topics: () => [],
  fromTraces: false,
  noun: { one: 'verified change', many: 'verified changes' },
  badWords: () => 'took longer than 1 s or left the rows different',
  goodWords: () => 'made both rows equal within 1 s of the commit',
  silence: 'no change has been verified',
  unjudgedBecause: 'nobody saw when they were applied, or they were passed over, under load or lost to the topic',
};
