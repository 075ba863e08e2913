import type { CountedIndicator } from './indicator.ts';
import { readRoutes } from './readRoutes.ts';

/** Reads that the service answered with a server error, too late or not at all. */
export const errorRate: CountedIndicator = {
  kind: 'error_rate',
  counters: (context) => [{ series: readRoutes(context), cohort: 'service', limitUs: 0n }],
  histogram: () => null,
  pendingSagas: false,
  needs: () => [['otlp-http', 'otlp-grpc']],
  topics: () => [],
  fromTraces: true,
  noun: { one: 'read', many: 'reads' },
  badWords: () => 'failed',
  goodWords: () => 'succeeded',
  silence: 'no read was routed to the service',
  unjudgedBecause: 'their spans tell neither a status nor an error',
};
