import { expect, it } from 'vitest';
import type { SagaCorrelation } from '../core/migration/definition.ts';
import { attribution } from './attribution.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
const own: SagaCorrelation = { kind: 'header', header: 'order-flow', messageId: 'm', causationId: 'c' };

it.each<[string, Record<string, string>, SagaCorrelation[], string | null, string | null]>([
  ['no header', {}, [own], null, null],
  ['a trace alone', { traceparent }, [], TRACE, null],
  ['a trace that is none', { traceparent: 'here' }, [], null, null],
  ['a usual name of a saga', { 'saga-id': 's-1', traceparent }, [], TRACE, 's-1'],
  ["the context's own name of it", { 'order-flow': 's-2', 'correlation-id': 'request-9' }, [own], null, 's-2'],
  ["a library's name of it", { 'NServiceBus.ConversationId': 's-3' }, [own, { kind: 'nservicebus' }], null, 's-3'],
  ['a usual name where the own one is empty', { 'order-flow': '', saga_id: 's-4' }, [own], null, 's-4'],
  ['sagas that are told apart by key', { 'correlation-id': 's-5' }, [{ kind: 'key' }], null, 's-5'],
])('%s', (_, headers, correlations, traceId, sagaId) => {
  expect(attribution(headers, correlations)).toEqual({ traceId, sagaId });
});
