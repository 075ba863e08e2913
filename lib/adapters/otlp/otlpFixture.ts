// Requests for tests and benchmarks, written field by field: not with the decoder's own table.
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export type FixtureValue = string | number | boolean | bigint | readonly FixtureValue[];

export interface FixtureSpan {
  readonly traceId: Buffer;
  readonly spanId: Buffer;
  readonly parentSpanId?: Buffer;
  readonly name?: string;
  readonly kind?: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes?: Readonly<Record<string, FixtureValue>>;
  readonly statusCode?: number;
}

const LEN = WireType.LengthDelimited;

function anyValue(writer: BinaryWriter, value: FixtureValue): void {
  if (typeof value === 'string') writer.tag(1, LEN).string(value);
  else if (typeof value === 'boolean') writer.tag(2, WireType.Varint).bool(value);
  else if (typeof value === 'bigint') writer.tag(3, WireType.Varint).int64(value);
  else if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) writer.tag(3, WireType.Varint).int64(value);
    else writer.tag(4, WireType.Bit64).double(value);
  } else {
    writer.tag(5, LEN).fork();
    for (const element of value) {
      writer.tag(1, LEN).fork();
      anyValue(writer, element);
      writer.join();
    }
    writer.join();
  }
}

function keyValue(writer: BinaryWriter, field: number, key: string, value: FixtureValue): void {
  writer.tag(field, LEN).fork();
  writer.tag(1, LEN).string(key);
  writer.tag(2, LEN).fork();
  anyValue(writer, value);
  writer.join().join();
}

function writeSpan(writer: BinaryWriter, span: FixtureSpan): void {
  writer.tag(2, LEN).fork();
  writer.tag(1, LEN).bytes(span.traceId);
  writer.tag(2, LEN).bytes(span.spanId);
  if (span.parentSpanId !== undefined) writer.tag(4, LEN).bytes(span.parentSpanId);
  writer.tag(5, LEN).string(span.name ?? 'GET /api/inventory/{itemId}');
  writer.tag(6, WireType.Varint).int32(span.kind ?? 2);
  writer.tag(7, WireType.Bit64).fixed64(span.startNs);
  writer.tag(8, WireType.Bit64).fixed64(span.endNs);
  for (const [key, value] of Object.entries(span.attributes ?? {})) keyValue(writer, 9, key, value);
  if (span.statusCode !== undefined) {
    writer.tag(15, LEN).fork();
    writer.tag(3, WireType.Varint).int32(span.statusCode);
    writer.join();
  }
  writer.join();
}

/** An ExportTraceServiceRequest of one service in protobuf. */
export function protobufRequest(service: string, spans: readonly FixtureSpan[]): Buffer {
  const writer = new BinaryWriter();
  writer.tag(1, LEN).fork();
  writer.tag(1, LEN).fork();
  keyValue(writer, 1, 'service.name', service);
  writer.join();
  writer.tag(2, LEN).fork();
  for (const span of spans) writeSpan(writer, span);
  writer.join().join();
  return Buffer.from(writer.finish());
}

const jsonValue = (value: FixtureValue): object => {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return { intValue: String(value) };
  if (typeof value === 'number') return { doubleValue: value };
  return { arrayValue: { values: value.map(jsonValue) } };
};

const jsonAttributes = (attributes: Readonly<Record<string, FixtureValue>>): object[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: jsonValue(value) }));

/** The same request in OTLP's JSON. */
export function jsonRequest(service: string, spans: readonly FixtureSpan[]): Buffer {
  const body = {
    resourceSpans: [
      {
        resource: { attributes: jsonAttributes({ 'service.name': service }) },
        scopeSpans: [
          {
            spans: spans.map((span) => ({
              traceId: span.traceId.toString('hex'),
              spanId: span.spanId.toString('hex'),
              ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId.toString('hex') }),
              name: span.name ?? 'GET /api/inventory/{itemId}',
              kind: span.kind ?? 2,
              startTimeUnixNano: span.startNs.toString(),
              endTimeUnixNano: span.endNs.toString(),
              attributes: jsonAttributes(span.attributes ?? {}),
              ...(span.statusCode === undefined ? {} : { status: { code: span.statusCode } }),
            })),
          },
        ],
      },
    ],
  };
  return Buffer.from(JSON.stringify(body));
}
