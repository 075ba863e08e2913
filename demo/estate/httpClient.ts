import { context, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Pool } from 'undici';
import type { Reply } from './httpServer.ts';
import { carrierOf, inSpan } from './telemetry.ts';

export interface JsonClient {
  /** Sends JSON and gives status and decoded body; throws only if there is no answer. */
  send(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<Reply>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 15_000;

/** A keep-alive client of one service; each business request is a CLIENT span and carries the trace context. */
export function jsonClient(baseUrl: string): JsonClient {
  const pool = new Pool(baseUrl, { connections: 64, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });

  const exchange = async (method: 'GET' | 'POST' | 'PUT', path: string, body: unknown): Promise<Reply> => {
    const response = await pool.request({
      method,
      path,
      headers: { 'content-type': 'application/json', ...carrierOf() },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    return { status: response.statusCode, body: text === '' ? {} : JSON.parse(text) };
  };

  return {
    send(method, path, body) {
      if (!path.startsWith('/api/')) return exchange(method, path, body);
      const attributes = { 'http.request.method': method, 'url.path': path, 'server.address': baseUrl };
      return inSpan(method, { kind: SpanKind.CLIENT, attributes }, context.active(), async (span) => {
        const reply = await exchange(method, path, body);
        span.setAttribute('http.response.status_code', reply.status);
        if (reply.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        return reply;
      });
    },
    close: () => pool.close(),
  };
}
