import type { CountedIndicator } from './indicator.ts';

/** An applied time is known as closely as Banyan looked; what it missed, it can hold against nobody. */
const SELDOM_LOOKED =
  "they were applied while Banyan looked at the applier's position too seldom to tell when, being stopped or short of processor time";

/** Change events applied within the limit of their commit, and one expected heartbeat per gap. */
export const cdcLag: CountedIndicator = {
  kind: 'cdc_lag',
  counters: (context, criterion) => {
    const series = context.tables.map((table) => table.id);
    return [
      {
        series,
        cohort: 'apply',
        limitUs: criterion.limitUs,
        required: 'no change event has been applied yet, only heartbeats',
      },
      { series, cohort: 'heartbeat', limitUs: null },
    ];
  },
  histogram: (context) => ({ series: context.tables.map((table) => table.id), cohort: 'apply' }),
  sampled: (context) => context.tables.map((table) => table.id),
  pendingSagas: false,
  needs: (context) => [
    ['kafka'],
    // Without its target's applied position Banyan can't tell a late event from one that it did not see applied.
    ...context.tables
      .filter((table) => table.applied.kind === 'table')
      .map((table) => [`database:${table.target.database}`]),
  ],
  topics: (context) => context.tables.map((table) => table.topic),
  fromTraces: false,
  noun: { one: 'change event or heartbeat', many: 'change events and heartbeats' },
  badWords: (limit) => `took ${limit} or longer`,
  goodWords: (limit) => `took less than ${limit}`,
  silence: 'no change event and no heartbeat has been applied',
  unjudgedBecause: SELDOM_LOOKED,
};
