import type { CountedIndicator } from './indicator.ts';
import { readRoutes } from './readRoutes.ts';

/** Time of the reads that the facade routed to the service. */
export const latency: CountedIndicator = {
  kind: 'latency',
  counters: (context, criterion) => [{ series: readRoutes(context), cohort: 'service', limitUs: criterion.limitUs }],
  histogram: (context) => ({ series: readRoutes(context), cohort: 'service' }),
  pendingSagas: false,
  needs: () => [['otlp-http', 'otlp-grpc']],
  topics: () => [],
  fromTraces: true,
  noun: { one: 'read', many: 'reads' },
  badWords: (limit) => `took ${limit} or longer`,
  goodWords: (limit) => `took less than ${limit}`,
  silence: 'no read was routed to the service',
  unjudgedBecause: 'their spans were not well formed',
};
