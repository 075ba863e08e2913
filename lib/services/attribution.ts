import type { SagaCorrelation } from '../core/migration/definition.ts';
import { correlate, type Headers } from '../core/saga/correlate.ts';
import { readTraceparent } from './readTraceparent.ts';

/** Header names under which a saga's id is found where no saga of the context says another. */
const SAGA_HEADERS = ['saga-id', 'saga_id', 'correlation-id', 'correlationid', 'ce_correlationid'] as const;

/** The trace and the saga that a change event belongs to; null where its headers do not tell. */
export interface Attribution {
  readonly traceId: string | null;
  readonly sagaId: string | null;
}

/** Reads them from the headers of a record, the saga's as the sagas of the context are correlated. */
export function attribution(headers: Headers, correlations: readonly SagaCorrelation[]): Attribution {
  const told = correlations.map((correlation) => correlate(correlation, headers, null)?.instance);
  const usual = SAGA_HEADERS.map((name) => headers[name]);
  return {
    traceId: readTraceparent(headers.traceparent)?.traceId ?? null,
    sagaId: [...told, ...usual].find((id) => id !== undefined && id !== '') ?? null,
  };
}
