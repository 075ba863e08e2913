import type { CountedIndicator } from './indicator.ts';

/** Sagas whose deadline has passed: each counts then, with its outcome. */
export const sagaSuccess: CountedIndicator = {
  kind: 'saga_success',
  counters: (context) => [{ series: context.sagas.map((saga) => saga.id), cohort: 'all', limitUs: 0n }],
  histogram: () => null,
  pendingSagas: true,
  needs: () => [['kafka']],
  topics: (context) => context.sagas.flatMap((saga) => saga.topics),
  fromTraces: false,
  noun: { one: 'saga', many: 'sagas' },
  badWords: () => 'did not end well',
  goodWords: () => 'ended well',
  silence: 'no saga has reached its deadline',
};
