// The `otlp` role: receivers over one use case over the store.
import type { Pool } from 'pg';
import { startOtlpGrpc } from '../adapters/otlp/startOtlpGrpc.ts';
import { type OtlpLimits, type OtlpReceiver, startOtlpHttp } from '../adapters/otlp/startOtlpHttp.ts';
import { spanStore } from '../adapters/store/spanStore.ts';
import type { ObservedContext } from '../core/trace/observationsOf.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../ports/logger.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';
import { ByteBudget } from '../services/byteBudget.ts';
import {
  DEFAULT_SPAN_INGEST_LIMITS,
  type IngestSpans,
  ingestSpans,
  type SpanIngestLimits,
} from '../services/ingestSpans.ts';
import { keptReports } from './keptReports.ts';

export interface SpanReceiversOptions {
  readonly pool: Pool;
  readonly contexts: readonly ObservedContext[];
  readonly logger: Logger;
  readonly status: StatusBoard;
  /** 127.0.0.1 unless configured otherwise. */
  readonly host?: string;
  readonly httpPort: number;
  /** Left out, no gRPC receiver is started. */
  readonly grpcPort?: number;
  /** Bytes of requests in flight, decoded; 64 MiB unless given. */
  readonly budgetBytes?: number;
  readonly wire?: Partial<OtlpLimits>;
  readonly limits?: Partial<SpanIngestLimits>;
}

export interface SpanReceivers {
  readonly http: OtlpReceiver;
  readonly grpc: OtlpReceiver | undefined;
  readonly ingest: IngestSpans;
  /** Stops accepting, finishes what is in flight, then resolves. */
  stop(): Promise<void>;
}

const MAINTENANCE_MS = 3_600_000;

/** Starts the receivers; the days' partitions are made first and kept hourly. */
export async function startSpanReceivers(options: SpanReceiversOptions): Promise<SpanReceivers> {
  const { pool, contexts, logger, status, httpPort, grpcPort } = options;
  const limits = { ...DEFAULT_SPAN_INGEST_LIMITS, ...options.limits };
  const store = spanStore({ pool });
  const keepPartitions = (): Promise<void> =>
    store.keepPartitions({ nowMs: Date.now(), retentionDays: limits.retentionDays });
  await keepPartitions();
  const kept = keptReports(status, 'spans');
  const ingest = ingestSpans({
    store,
    contexts,
    budget: new ByteBudget(options.budgetBytes ?? 64 * 2 ** 20),
    clock: { nowMs: () => Date.now() },
    timer: {
      after(delayMs, run) {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    },
    logger,
    status: kept,
    limits,
  });
  const shared = {
    ingest,
    logger,
    status,
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.wire === undefined ? {} : { limits: options.wire }),
  };
  const http = await startOtlpHttp({ ...shared, port: httpPort });
  const grpc = grpcPort === undefined ? undefined : await startOtlpGrpc({ ...shared, port: grpcPort });
  const maintenance = setInterval(() => {
    keepPartitions().catch((error: unknown) =>
      logger.warn({ error: messageOf(error) }, 'the partitions of spans could not be kept; tried again in an hour'),
    );
  }, MAINTENANCE_MS);
  return {
    http,
    grpc,
    ingest,
    async stop() {
      clearInterval(maintenance);
      kept.stop();
      const stopped = Promise.all([http.stop(), grpc?.stop()]);
      await ingest.drain();
      await stopped;
      await ingest.drain();
    },
  };
}
