import type { DecodedSpan } from '../../core/trace/span.ts';
import { BanyanError } from '../../errors.ts';
import type { ByteReservation, SpanIngest, SpanReceipt } from '../../ports/spanIngest.ts';
import { decodeJson } from './decodeJson.ts';
import { decodeProtobuf } from './decodeProtobuf.ts';
import type { Encoding } from './exportResponse.ts';

/** Spans of one request: bounds what a small body can unfold to in memory. */
export const MAX_SPANS_PER_REQUEST = 50_000;
/** What a decoded span takes besides its own bytes, about. */
const SPAN_OVERHEAD_BYTES = 512;

/** Decodes a body, sets room aside for its rows, and resolves once they are committed. */
export function storeSpans(
  body: Buffer,
  encoding: Encoding,
  ingest: SpanIngest,
  reservation: ByteReservation,
): Promise<SpanReceipt> {
  const spans: DecodedSpan[] =
    encoding === 'json' ? decodeJson(body, MAX_SPANS_PER_REQUEST) : decodeProtobuf(body, MAX_SPANS_PER_REQUEST);
  if (!reservation.grow(spans.length * SPAN_OVERHEAD_BYTES)) {
    throw new BanyanError('overloaded', 'no memory is left for another request: too many are in flight');
  }
  return ingest.ingest(spans);
}
