import type { CountedIndicator } from './indicator.ts';

/** Time of a saga from its first event to its end. */
export const transactionTime: CountedIndicator = {
  kind: 'transaction_time',
  counters: (context, criterion) => [
    { series: context.sagas.map((saga) => saga.id), cohort: 'all', limitUs: criterion.limitUs },
  ],
  histogram: (context) => ({ series: context.sagas.map((saga) => saga.id), cohort: 'all' }),
  pendingSagas: true,
  needs: () => [['kafka']],
  topics: (context) => context.sagas.flatMap((saga) => saga.topics),
  fromTraces: false,
  noun: { one: 'transaction', many: 'transactions' },
  badWords: (limit) => `took ${limit} or longer`,
  goodWords: (limit) => `took less than ${limit}`,
  silence: 'no transaction has ended',
};
