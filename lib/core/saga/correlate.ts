// Which saga instance a message belongs to, by the headers of its stack: every messaging library has its own.
import type { SagaCorrelation, SagaDefinition } from '../migration/definition.ts';

export type Headers = Readonly<Record<string, string>>;

export interface SagaIdentity {
  readonly instance: string;
  readonly messageId: string | null;
  readonly causationId: string | null;
}

interface HeaderNames {
  readonly instance: string;
  readonly messageId: string;
  readonly causationId: string;
}

const NAMES: Record<Exclude<SagaCorrelation['kind'], 'header' | 'key'>, HeaderNames> = {
  cloudevents: { instance: 'ce_subject', messageId: 'ce_id', causationId: 'ce_causationid' },
  nservicebus: {
    instance: 'NServiceBus.ConversationId',
    messageId: 'NServiceBus.MessageId',
    causationId: 'NServiceBus.RelatedTo',
  },
  masstransit: { instance: 'CorrelationId', messageId: 'MessageId', causationId: 'MT-InitiatorId' },
  axon: { instance: 'traceId', messageId: 'axon-message-id', causationId: 'correlationId' },
  eventuate: { instance: 'command_saga_id', messageId: 'ID', causationId: 'reply_to_message_id' },
  opentelemetry: {
    instance: 'messaging.message.conversation_id',
    messageId: 'messaging.message.id',
    causationId: 'messaging.message.causation_id',
  },
};

/** The instance, the message's id and its cause, or null where the headers name no instance. */
export function correlate(correlation: SagaCorrelation, headers: Headers, key: string | null): SagaIdentity | null {
  if (correlation.kind === 'key') return key === null ? null : { instance: key, messageId: null, causationId: null };
  const names =
    correlation.kind === 'header'
      ? { instance: correlation.header, messageId: correlation.messageId, causationId: correlation.causationId }
      : NAMES[correlation.kind];
  const instance = headers[names.instance];
  if (instance === undefined || instance === '') return null;
  return { instance, messageId: headers[names.messageId] ?? null, causationId: headers[names.causationId] ?? null };
}

/** Every event type that the definition names. */
export function knownEvents(saga: SagaDefinition): ReadonlySet<string> {
  const steps = saga.steps.flatMap(({ event, compensation }) =>
    compensation === undefined ? [event] : [event, compensation],
  );
  return new Set([...steps, ...saga.completedBy, ...saga.compensatedBy, ...saga.failedBy]);
}
