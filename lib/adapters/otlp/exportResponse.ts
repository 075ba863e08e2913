// Answers in the encoding of the request: ExportTraceServiceResponse, and google.rpc.Status for errors.
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { REJECT_REASON_TEXT, type RejectReason } from '../../core/trace/span.ts';
import type { SpanReceipt } from '../../ports/spanIngest.ts';

export type Encoding = 'protobuf' | 'json';

export const CONTENT_TYPE: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** google.rpc.Code. */
export const RPC_CODE = {
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

function errorMessage(rejected: ReadonlyMap<RejectReason, number>): string {
  return [...rejected]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, count]) => `${count} span${count === 1 ? '' : 's'} rejected: ${REJECT_REASON_TEXT[reason]}`)
    .join('; ');
}

/** ExportTraceServiceResponse; `partial_success` only where spans were rejected. */
export function encodeExportResponse(receipt: SpanReceipt, encoding: Encoding): Buffer {
  const rejected = [...receipt.rejected.values()].reduce((sum, count) => sum + count, 0);
  const message = errorMessage(receipt.rejected);
  if (encoding === 'json') {
    const partialSuccess = { rejectedSpans: String(rejected), errorMessage: message };
    return Buffer.from(JSON.stringify(rejected === 0 ? {} : { partialSuccess }));
  }
  const writer = new BinaryWriter();
  if (rejected > 0) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.Varint).int64(rejected);
    writer.tag(2, WireType.LengthDelimited).string(message);
    writer.join();
  }
  return Buffer.from(writer.finish());
}

/** google.rpc.Status; with `retryAfterSec`, a google.rpc.RetryInfo among its details. */
export function encodeStatus(code: number, message: string, encoding: Encoding, retryAfterSec?: number): Buffer {
  if (encoding === 'json') {
    const details =
      retryAfterSec === undefined
        ? {}
        : { details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterSec}s` }] };
    return Buffer.from(JSON.stringify({ code, message, ...details }));
  }
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int32(code);
  writer.tag(2, WireType.LengthDelimited).string(message);
  if (retryAfterSec !== undefined) {
    const duration = new BinaryWriter().tag(1, WireType.Varint).int64(retryAfterSec).finish();
    const retryInfo = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(duration).finish();
    writer.tag(3, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string('type.googleapis.com/google.rpc.RetryInfo');
    writer.tag(2, WireType.LengthDelimited).bytes(retryInfo);
    writer.join();
  }
  return Buffer.from(writer.finish());
}
