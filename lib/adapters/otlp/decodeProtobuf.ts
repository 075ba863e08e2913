// ExportTraceServiceRequest in protobuf, read straight into flat spans without message objects between. Field numbers
// are those of opentelemetry-proto 1.x: trace/v1/trace.proto, common/v1/common.proto.
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { AttributeCollector, cleanText, MAX_VALUE_LENGTH, Warnings } from '../../core/trace/attributeValue.ts';
import type { DecodedSpan, SpanEvent, SpanLink } from '../../core/trace/span.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import { readKeyValue } from './decodeAnyValue.ts';
import { MAX_EVENTS, MAX_LINKS, type ResourceInfo, resourceInfo, SpanCollector } from './spanCollector.ts';
import { WireCursor } from './wireCursor.ts';

/**
 * Decodes a request body.
 * @throws BanyanError `bad_input` if the bytes are no such message (nothing of it is then used), `too_large` if it has
 * more than `maxSpans` spans.
 */
export function decodeProtobuf(body: Buffer, maxSpans: number): DecodedSpan[] {
  const collector = new SpanCollector(maxSpans);
  try {
    const cursor = new WireCursor(body, new BinaryReader(body));
    cursor.eachField(body.length, (field, type) => {
      if (field !== 1 || type !== WireType.LengthDelimited) return false;
      readResourceSpans(cursor, cursor.messageEnd(), collector);
      return true;
    });
  } catch (error) {
    if (error instanceof BanyanError) throw error;
    throw new BanyanError('bad_input', `the body is no OTLP trace request in protobuf: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return collector.spans;
}

/** The resource may stand after its spans, so it is looked for first. */
function readResourceSpans(cursor: WireCursor, end: number, collector: SpanCollector): void {
  const start = cursor.pos;
  const attributes = new AttributeCollector(new Warnings());
  cursor.eachField(end, (field, type) => {
    if (field !== 1 || type !== WireType.LengthDelimited) return false;
    cursor.eachField(cursor.messageEnd(), (inner, innerType) => {
      if (inner !== 1 || innerType !== WireType.LengthDelimited) return false;
      readKeyValue(cursor, attributes);
      return true;
    });
    return true;
  });
  const resource = resourceInfo(attributes.values);
  cursor.pos = start;
  cursor.eachField(end, (field, type) => {
    if (field !== 2 || type !== WireType.LengthDelimited) return false;
    cursor.eachField(cursor.messageEnd(), (inner, innerType) => {
      if (inner !== 2 || innerType !== WireType.LengthDelimited) return false;
      collector.add(readSpan(cursor, cursor.messageEnd(), resource));
      return true;
    });
    return true;
  });
}

function readSpan(cursor: WireCursor, end: number, resource: ResourceInfo): DecodedSpan {
  const span = SpanCollector.emptySpan(resource);
  const { attributes, events, links, warnings } = span;
  cursor.eachField(end, (field, type) => {
    refuseLogRecord(field, type);
    switch (field) {
      case 1:
        span.traceId = cursor.hex(type);
        return true;
      case 2:
        span.spanId = cursor.hex(type);
        return true;
      case 4:
        span.parentSpanId = cursor.hex(type);
        return true;
      case 5:
        span.name = cursor.text(type, warnings);
        return true;
      case 6:
        span.kind = cursor.int32(type);
        return true;
      case 7:
        span.startNs = cursor.fixed64(type);
        return true;
      case 8:
        span.endNs = cursor.fixed64(type);
        return true;
      case 9:
        cursor.expect(type, WireType.LengthDelimited);
        readKeyValue(cursor, attributes);
        return true;
      case 11:
        cursor.expect(type, WireType.LengthDelimited);
        if (events.length < MAX_EVENTS) events.push(readEvent(cursor, cursor.messageEnd(), warnings));
        else {
          cursor.skip(type, field);
          warnings.add('events_dropped');
        }
        return true;
      case 13:
        cursor.expect(type, WireType.LengthDelimited);
        if (links.length < MAX_LINKS) links.push(readLink(cursor, cursor.messageEnd(), warnings));
        else {
          cursor.skip(type, field);
          warnings.add('links_dropped');
        }
        return true;
      case 15:
        cursor.expect(type, WireType.LengthDelimited);
        readStatus(cursor, cursor.messageEnd(), span);
        return true;
      default:
        return false;
    }
  });
  return span;
}

/** A log record has numbers where a span has its ids and events; posted here it would decode by accident. */
function refuseLogRecord(field: number, type: WireType): void {
  const isLog = ((field === 1 || field === 11) && type === WireType.Bit64) || (field === 2 && type === WireType.Varint);
  if (isLog) {
    throw new BanyanError('bad_input', 'these are OTLP log records, but this address takes traces', {
      fix: 'send logs elsewhere: set OTEL_LOGS_EXPORTER=none, or OTEL_EXPORTER_OTLP_LOGS_ENDPOINT',
    });
  }
}

function readEvent(cursor: WireCursor, end: number, warnings: Warnings): SpanEvent {
  let timeNs = 0n;
  let name = '';
  const attributes = new AttributeCollector(warnings);
  cursor.eachField(end, (field, type) => {
    if (field === 1) timeNs = cursor.fixed64(type);
    else if (field === 2) name = cleanText(cursor.text(type, warnings), MAX_VALUE_LENGTH, warnings);
    else if (field === 3) {
      cursor.expect(type, WireType.LengthDelimited);
      readKeyValue(cursor, attributes);
    } else return false;
    return true;
  });
  return { timeNs: timeNs.toString(), name, attributes: attributes.values };
}

function readLink(cursor: WireCursor, end: number, warnings: Warnings): SpanLink {
  let traceId = '';
  let spanId = '';
  const attributes = new AttributeCollector(warnings);
  cursor.eachField(end, (field, type) => {
    if (field === 1) traceId = cursor.hex(type);
    else if (field === 2) spanId = cursor.hex(type);
    else if (field === 4) {
      cursor.expect(type, WireType.LengthDelimited);
      readKeyValue(cursor, attributes);
    } else return false;
    return true;
  });
  return { traceId, spanId, attributes: attributes.values };
}

function readStatus(cursor: WireCursor, end: number, span: DecodedSpan): void {
  cursor.eachField(end, (field, type) => {
    if (field === 2) span.statusMessage = cursor.text(type, span.warnings);
    else if (field === 3) span.statusCode = cursor.int32(type);
    else return false;
    return true;
  });
}
