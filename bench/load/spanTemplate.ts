import { randomBytes } from 'node:crypto';
import { spanRequest } from '../../lib/runtime/benchOtlp.ts';

/** Spans of one trace. */
const TRACE_SPANS = 10;

interface SpanOffsets {
  readonly traceId: number;
  readonly spanId: number;
  readonly startNs: number;
  readonly endNs: number;
}

/** A request body that is encoded once; each use gets fresh ids and times, written over the old ones. */
export class SpanTemplate {
  readonly #body: Buffer;
  readonly #spans: SpanOffsets[];
  #sequence = 0;

  constructor(spans: number) {
    const markers = Array.from({ length: spans }, () => ({
      traceId: randomBytes(16),
      spanId: randomBytes(8),
      startNs: randomBytes(8),
      endNs: randomBytes(8),
    }));
    this.#body = spanRequest(
      'facade',
      markers.map((marker, i) => ({
        traceId: marker.traceId,
        spanId: marker.spanId,
        parentSpanId: Buffer.from('0102030405060708', 'hex'),
        startNs: marker.startNs.readBigUInt64LE(),
        endNs: marker.endNs.readBigUInt64LE(),
        // One facade request to each nine spans of what it calls.
        kind: i % TRACE_SPANS === 0 ? 2 : 3,
        name: i % TRACE_SPANS === 0 ? 'GET /api/inventory/{itemId}' : 'pg.query:SELECT inventory',
        attributes: i % TRACE_SPANS === 0 ? SERVER : CLIENT,
        statusCode: 0,
      })),
    );
    this.#spans = markers.map((marker) => ({
      traceId: this.#body.indexOf(marker.traceId),
      spanId: this.#body.indexOf(marker.spanId),
      startNs: this.#body.indexOf(marker.startNs),
      endNs: this.#body.indexOf(marker.endNs),
    }));
  }

  next(nowMs: number): Buffer {
    const body = Buffer.from(this.#body);
    let traceId = randomBytes(16);
    const startNs = BigInt(Math.floor(nowMs)) * 1_000_000n;
    for (const [i, span] of this.#spans.entries()) {
      if (i % TRACE_SPANS === 0) traceId = randomBytes(16);
      this.#sequence += 1;
      traceId.copy(body, span.traceId);
      body.writeBigUInt64BE(BigInt(this.#sequence), span.spanId);
      body.writeBigUInt64LE(startNs - 50_000_000n, span.startNs);
      body.writeBigUInt64LE(startNs - 50_000_000n + BigInt(1 + (this.#sequence % 60)) * 1_000_000n, span.endNs);
    }
    return body;
  }
}

const SERVER = {
  'http.request.method': 'GET',
  'http.route': '/api/inventory/{itemId}',
  'http.response.status_code': 200,
  'banyan.route': 'service',
  'banyan.context': 'inventory',
  'banyan.route_id': 'get-inventory',
  'url.path': '/api/inventory/4711',
  'url.scheme': 'http',
  'server.address': '127.0.0.1',
  'server.port': 8080,
  'user_agent.original': 'load/1.0',
  'network.peer.address': '127.0.0.1',
};

const CLIENT = {
  'db.system.name': 'postgresql',
  'db.namespace': 'inventory',
  'db.query.text': 'SELECT item_id, sku, quantity, reserved FROM stock_level WHERE item_id = $1',
  'server.address': '127.0.0.1',
  'server.port': 5432,
};
