import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK } from '@opentelemetry/sdk-node';

/**
 * Sends Banyan's own spans where OTEL_EXPORTER_OTLP_ENDPOINT says; without it they cost nothing.
 * @returns flushes and stops.
 */
export function startTelemetry(serviceName: string): () => Promise<void> {
  if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return async () => undefined;
  const sdk = new NodeSDK({ serviceName, traceExporter: new OTLPTraceExporter(), instrumentations: [] });
  sdk.start();
  return () => sdk.shutdown().catch(() => undefined);
}
