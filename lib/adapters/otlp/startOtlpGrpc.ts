// OTLP over gRPC: TraceService/Export. The listener is Banyan's own, since the library's has no limit of connections. Messages pass as raw bytes and are read by Banyan's own decoder, so that bad
// data is INVALID_ARGUMENT and an overload UNAVAILABLE with a delay, never INTERNAL.
import { createServer } from 'node:net';
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  status as Status,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { BanyanError, messageOf } from '../../errors.ts';
import type { SpanIngest } from '../../ports/spanIngest.ts';
import { encodeExportResponse, encodeStatus } from './exportResponse.ts';
import { keepReporting } from './keepReporting.ts';
import { listen } from './listen.ts';
import { DEFAULT_OTLP_LIMITS, type OtlpReceiver, type OtlpReceiverOptions } from './startOtlpHttp.ts';
import { storeSpans } from './storeSpans.ts';

/** Of HTTP/2 buffers and headers per connection; past it new streams are refused. */
const SESSION_MEMORY_MB = 16;

const passBytes = (bytes: Buffer): Buffer => bytes;

const TRACE_SERVICE = {
  Export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: passBytes,
    requestDeserialize: passBytes,
    responseSerialize: passBytes,
    responseDeserialize: passBytes,
  },
} satisfies ServiceDefinition;

type ExportCall = ServerUnaryCall<Buffer, Buffer>;

/**
 * Starts the gRPC receiver.
 * @throws BanyanError `bad_input` if the port is in use.
 */
export async function startOtlpGrpc(options: OtlpReceiverOptions): Promise<OtlpReceiver> {
  const limits = { ...DEFAULT_OTLP_LIMITS, ...options.limits };
  const { ingest, status, logger } = options;
  const server = new Server({
    // The library reads a whole message, and unpacks it, before room can be reserved for it. So a connection may hold
    // this limit for each of its streams beside the budget.
    'grpc.max_receive_message_length': limits.maxWireBytes,
    'grpc.max_concurrent_streams': 16,
    'grpc-node.max_session_memory': SESSION_MEMORY_MB,
    'grpc.max_connection_idle_ms': 300_000,
  });
  server.addService(TRACE_SERVICE, {
    Export(call: ExportCall, done: sendUnaryData<Buffer>) {
      exportSpans(call.request, ingest).then(
        (reply) => done(null, reply),
        (error: unknown) => {
          if (!(error instanceof BanyanError)) logger.error({ error: messageOf(error) }, 'OTLP call failed');
          done(refusalOf(error, ingest));
        },
      );
    },
  });
  const connections = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer({ noDelay: true }, (socket) => {
    socket.on('error', (error) => logger.debug({ error: messageOf(error) }, 'an OTLP connection broke'));
    connections.injectConnection(socket);
  });
  // One past the limit is closed at once: its client tries again with growing pauses.
  listener.maxConnections = limits.maxConnections;
  const { host, port } = await listen(listener, options.host ?? '127.0.0.1', options.port, 'OTLP_GRPC_PORT');
  const detail = `receiving traces on ${host}:${port}`;
  const endReports = keepReporting(status, { part: 'otlp-grpc', state: 'ok', detail });
  return {
    host,
    port,
    async stop() {
      endReports();
      listener.close();
      await shutDown(server);
    },
  };
}

async function exportSpans(body: Buffer, ingest: SpanIngest): Promise<Buffer> {
  const reservation = ingest.reserve(body.length);
  if (reservation === null) {
    throw new BanyanError('overloaded', 'no memory is left for another request: too many are in flight');
  }
  try {
    return encodeExportResponse(await storeSpans(body, 'protobuf', ingest, reservation), 'protobuf');
  } finally {
    reservation.release();
  }
}

function refusalOf(error: unknown, ingest: SpanIngest): { code: Status; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  const code = error instanceof BanyanError ? error.code : 'internal';
  const text = error instanceof BanyanError ? [error.message, error.fix].filter(Boolean).join('; ') : '';
  if (code === 'bad_input' || code === 'too_large') {
    ingest.countRefusal(code === 'bad_input' ? 'bad_data' : 'too_large');
    return { code: Status.INVALID_ARGUMENT, details: text, metadata };
  }
  const isOverload = code === 'overloaded';
  ingest.countRefusal(isOverload ? 'overloaded' : 'unavailable');
  const details = isOverload ? text : 'the store can not take spans now; nothing was counted, send again';
  const body = encodeStatus(Status.UNAVAILABLE, details, 'protobuf', ingest.retryAfterSec());
  metadata.set('grpc-status-details-bin', body);
  return { code: Status.UNAVAILABLE, details, metadata };
}

function shutDown(server: Server): Promise<void> {
  return new Promise((done) => {
    const force = setTimeout(() => server.forceShutdown(), 5_000);
    server.tryShutdown(() => {
      clearTimeout(force);
      done();
    });
  });
}
