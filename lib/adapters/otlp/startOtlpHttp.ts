// OTLP over HTTP: POST /v1/traces, protobuf and JSON, plain and gzip. 200 means committed. Room for a body is reserved
// before it is read, so that an overload costs the sender a retry and Banyan nothing.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { BanyanError, messageOf } from '../../errors.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RefusalReason, SpanIngest } from '../../ports/spanIngest.ts';
import type { StatusBoard } from '../../ports/statusBoard.ts';
import { CONTENT_TYPE, type Encoding, encodeExportResponse, encodeStatus, RPC_CODE } from './exportResponse.ts';
import { keepReporting } from './keepReporting.ts';
import { listen } from './listen.ts';
import { type BodyLimits, declaredBytes, gunzip, readBody } from './readBody.ts';
import { storeSpans } from './storeSpans.ts';

export interface OtlpLimits extends BodyLimits {
  /** Connections of one listener. */
  readonly maxConnections: number;
  /** A request's head must have come by then. */
  readonly headersTimeoutMs: number;
  /** A whole request must have come by then. */
  readonly requestTimeoutMs: number;
}

export const DEFAULT_OTLP_LIMITS: OtlpLimits = {
  maxWireBytes: 4 * 2 ** 20,
  maxUnpackedBytes: 16 * 2 ** 20,
  maxConnections: 1_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
};

export interface OtlpReceiverOptions {
  /** 127.0.0.1 unless configured otherwise. */
  readonly host?: string;
  readonly port: number;
  readonly ingest: SpanIngest;
  readonly limits?: Partial<OtlpLimits>;
  readonly logger: Logger;
  readonly status: StatusBoard;
}

export interface OtlpReceiver {
  readonly host: string;
  readonly port: number;
  /** Stops accepting and finishes what is in flight. */
  stop(): Promise<void>;
}

/** Requests that have not ended so long after a stop are cut off; their senders repeat them. */
const STOP_MS = 5_000;

/** A refusal as the sender sees it. */
interface Refusal {
  readonly reason: RefusalReason;
  readonly httpStatus: number;
  readonly code: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Starts the HTTP receiver.
 * @throws BanyanError `bad_input` if the port is in use.
 */
export async function startOtlpHttp(options: OtlpReceiverOptions): Promise<OtlpReceiver> {
  const limits = { ...DEFAULT_OTLP_LIMITS, ...options.limits };
  const { ingest, logger, status } = options;
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs),
      keepAliveTimeout: 65_000,
      maxHeaderSize: 16_384,
    },
    (request, response) => {
      // A sender keeps its connection open after the answer, which would hold up a stop for a minute.
      response.once('finish', () => {
        if (!server.listening) setImmediate(() => server.closeIdleConnections());
      });
      answer(request, response, ingest, limits).catch((error: unknown) => {
        logger.error({ error: messageOf(error) }, 'OTLP request failed');
        response.destroy();
      });
    },
  );
  server.maxConnections = limits.maxConnections;
  const { host, port } = await listen(server, options.host ?? '127.0.0.1', options.port, 'OTLP_HTTP_PORT');
  const detail = `receiving traces on http://${host}:${port}/v1/traces`;
  const endReports = keepReporting(status, { part: 'otlp-http', state: 'ok', detail });
  return {
    host,
    port,
    stop: () =>
      new Promise((done) => {
        endReports();
        const force = setTimeout(() => server.closeAllConnections(), STOP_MS);
        server.close(() => {
          clearTimeout(force);
          done();
        });
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  ingest: SpanIngest,
  limits: OtlpLimits,
): Promise<void> {
  const encoding = encodingOf(request);
  const refusal = refusalOf(request, encoding);
  if (refusal !== undefined || encoding === undefined) {
    if (refusal !== undefined) refuse(request, response, encoding ?? 'json', refusal, ingest);
    return;
  }
  try {
    const body = await store(request, encoding, ingest, limits);
    response.writeHead(200, { 'content-type': CONTENT_TYPE[encoding], 'content-length': body.length });
    response.end(body);
  } catch (error) {
    if (request.errored && !request.complete) return;
    refuse(request, response, encoding, refusalOfError(error, ingest), ingest);
  }
}

async function store(
  request: IncomingMessage,
  encoding: Encoding,
  ingest: SpanIngest,
  limits: OtlpLimits,
): Promise<Buffer> {
  const reservation = ingest.reserve(declaredBytes(request, limits));
  if (reservation === null) {
    throw new BanyanError('overloaded', 'no memory is left for another request: too many are in flight');
  }
  try {
    const wire = await readBody(request, limits);
    const isPacked = contentEncodingOf(request) === 'gzip';
    const body = isPacked ? await gunzip(wire, limits, reservation) : wire;
    return encodeExportResponse(await storeSpans(body, encoding, ingest, reservation), encoding);
  } finally {
    reservation.release();
  }
}

function encodingOf(request: IncomingMessage): Encoding | undefined {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/x-protobuf') return 'protobuf';
  return type === 'application/json' ? 'json' : undefined;
}

const contentEncodingOf = (request: IncomingMessage): string =>
  (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();

/** What can be refused by the request's head alone. */
function refusalOf(request: IncomingMessage, encoding: Encoding | undefined): Refusal | undefined {
  const path = (request.url ?? '').split('?', 1)[0];
  if (path !== '/v1/traces') {
    const isSignal = path === '/v1/metrics' || path === '/v1/logs';
    const message = isSignal
      ? `Banyan takes traces only: set OTEL_${path === '/v1/logs' ? 'LOGS' : 'METRICS'}_EXPORTER=none in this service`
      : 'there is nothing here; traces go to /v1/traces';
    return { reason: 'not_found', httpStatus: 404, code: RPC_CODE.notFound, message };
  }
  if (request.method !== 'POST') {
    const message = 'traces are sent with POST';
    return { reason: 'method', httpStatus: 405, code: RPC_CODE.unimplemented, message, headers: { allow: 'POST' } };
  }
  if (encoding === undefined) {
    const message = 'content-type must be application/x-protobuf or application/json';
    return { reason: 'unsupported', httpStatus: 415, code: RPC_CODE.invalidArgument, message };
  }
  if (!['identity', 'gzip'].includes(contentEncodingOf(request))) {
    const headers = { 'accept-encoding': 'gzip, identity' };
    const message = 'content-encoding must be gzip or none';
    return { reason: 'unsupported', httpStatus: 415, code: RPC_CODE.invalidArgument, message, headers };
  }
  return undefined;
}

function refusalOfError(error: unknown, ingest: SpanIngest): Refusal {
  const code = error instanceof BanyanError ? error.code : 'internal';
  const text = error instanceof BanyanError ? [error.message, error.fix].filter(Boolean).join('; ') : '';
  if (code === 'bad_input') {
    return { reason: 'bad_data', httpStatus: 400, code: RPC_CODE.invalidArgument, message: text };
  }
  if (code === 'too_large') {
    return { reason: 'too_large', httpStatus: 413, code: RPC_CODE.invalidArgument, message: text };
  }
  const reason = code === 'overloaded' ? 'overloaded' : 'unavailable';
  const message = code === 'overloaded' ? text : 'the store can not take spans now; nothing was counted, send again';
  const headers = { 'retry-after': String(ingest.retryAfterSec()) };
  return { reason, httpStatus: 503, code: RPC_CODE.unavailable, message, headers };
}

/** Answers with a google.rpc.Status; a connection with an unread body is closed after it. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  encoding: Encoding,
  refusal: Refusal,
  ingest: SpanIngest,
): void {
  ingest.countRefusal(refusal.reason);
  const body = encodeStatus(refusal.code, refusal.message, encoding);
  const isUnread = !request.complete;
  response.writeHead(refusal.httpStatus, {
    'content-type': CONTENT_TYPE[encoding],
    'content-length': body.length,
    ...(isUnread ? { connection: 'close' } : {}),
    ...refusal.headers,
  });
  response.end(body);
}
