import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { messageOf } from './log.ts';

/**
 * Starts the OpenTelemetry SDK of one service; spans go to OTEL_EXPORTER_OTLP_ENDPOINT. Nothing is sampled away.
 * @returns sends what is left and stops.
 */
export function startTelemetry(serviceName: string): () => Promise<void> {
  // Spans leave within half a second, in batches that a busy second fits into.
  process.env.OTEL_BSP_SCHEDULE_DELAY ??= '400';
  process.env.OTEL_BSP_MAX_QUEUE_SIZE ??= '20000';
  process.env.OTEL_METRICS_EXPORTER = 'none';
  process.env.OTEL_LOGS_EXPORTER = 'none';
  const sdk = new NodeSDK({ serviceName, traceExporter: new OTLPTraceExporter(), instrumentations: [] });
  sdk.start();
  return () => sdk.shutdown();
}

const tracer = () => trace.getTracer('estate');

/** Headers as messages and requests carry them. */
export type Carrier = Record<string, string>;

/** The current trace context as `traceparent` and `tracestate`. */
export function carrierOf(of: Context = context.active()): Carrier {
  const carrier: Carrier = {};
  propagation.inject(of, carrier);
  return carrier;
}

/** The context that a carrier holds. */
export function contextOf(carrier: Carrier): Context {
  return propagation.extract(context.active(), carrier);
}

/** Runs the work inside a span; what it throws marks the span and goes on. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  parent: Context,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracer().startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
    throw error;
  } finally {
    span.end();
  }
}

/** Options of a span that handles a message: child of its producer, and linked to it. */
export function consumerSpan(topic: string, partition: number, offset: string, parent: Context): SpanOptions {
  const producer = trace.getSpanContext(parent);
  return {
    kind: SpanKind.CONSUMER,
    attributes: {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': String(partition),
      'messaging.kafka.offset': Number(offset),
    },
    ...(producer === undefined ? {} : { links: [{ context: producer }] }),
  };
}
