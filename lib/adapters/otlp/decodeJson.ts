// ExportTraceServiceRequest in OTLP's JSON: lowerCamelCase keys, ids in hex, enums as integers, 64-bit integers as text
// or number, unknown fields ignored, absent fields at their proto3 defaults.
import {
  AttributeCollector,
  type AttributeValue,
  cleanInteger,
  cleanNumber,
  cleanText,
  MAX_DEPTH,
  MAX_ELEMENTS,
  MAX_VALUE_LENGTH,
  Warnings,
} from '../../core/trace/attributeValue.ts';
import type { DecodedSpan, SpanEvent, SpanLink } from '../../core/trace/span.ts';
import { BanyanError } from '../../errors.ts';
import { JsonMessage, parseJson } from './jsonReader.ts';
import { MAX_EVENTS, MAX_LINKS, type ResourceInfo, resourceInfo, SpanCollector } from './spanCollector.ts';

/**
 * Decodes a request body.
 * @throws BanyanError `bad_input` naming the path of what is wrong, `too_large` past `maxSpans` spans.
 */
export function decodeJson(body: Buffer, maxSpans: number): DecodedSpan[] {
  const collector = new SpanCollector(maxSpans);
  const request = new JsonMessage(parseJson(body), 'body');
  refuseOtherSignals(request);
  for (const resourceSpans of request.messages('resourceSpans')) {
    const attributes = new AttributeCollector(new Warnings());
    readAttributes(resourceSpans.message('resource'), attributes);
    const resource = resourceInfo(attributes.values);
    for (const scopeSpans of resourceSpans.messages('scopeSpans')) {
      for (const span of scopeSpans.messages('spans')) collector.add(readSpan(span, resource));
    }
  }
  return collector.spans;
}

function refuseOtherSignals(request: JsonMessage): void {
  for (const [field, what] of [
    ['resourceLogs', 'log records'],
    ['resourceMetrics', 'metrics'],
  ] as const) {
    if (!request.has(field)) continue;
    throw new BanyanError('bad_input', `these are OTLP ${what}, but this address takes traces`, {
      fix: 'set OTEL_LOGS_EXPORTER=none and OTEL_METRICS_EXPORTER=none, or their own endpoints',
    });
  }
}

function readSpan(message: JsonMessage, resource: ResourceInfo): DecodedSpan {
  const span = SpanCollector.emptySpan(resource);
  const { warnings } = span;
  span.traceId = message.text('traceId').toLowerCase();
  span.spanId = message.text('spanId').toLowerCase();
  span.parentSpanId = message.text('parentSpanId').toLowerCase();
  span.name = message.text('name');
  span.kind = message.int32('kind');
  span.startNs = message.int64('startTimeUnixNano');
  span.endNs = message.int64('endTimeUnixNano');
  readAttributes(message, span.attributes);
  const status = message.message('status');
  span.statusCode = status?.int32('code') ?? 0;
  span.statusMessage = status?.text('message') ?? '';
  for (const event of message.messages('events')) {
    if (span.events.length < MAX_EVENTS) span.events.push(readEvent(event, warnings));
    else warnings.add('events_dropped');
  }
  for (const link of message.messages('links')) {
    if (span.links.length < MAX_LINKS) span.links.push(readLink(link, warnings));
    else warnings.add('links_dropped');
  }
  return span;
}

function readEvent(message: JsonMessage, warnings: Warnings): SpanEvent {
  const attributes = new AttributeCollector(warnings);
  readAttributes(message, attributes);
  return {
    timeNs: message.int64('timeUnixNano').toString(),
    name: cleanText(message.text('name'), MAX_VALUE_LENGTH, warnings),
    attributes: attributes.values,
  };
}

function readLink(message: JsonMessage, warnings: Warnings): SpanLink {
  const attributes = new AttributeCollector(warnings);
  readAttributes(message, attributes);
  const hex = (field: string): string => cleanText(message.text(field).toLowerCase(), 64, warnings);
  return { traceId: hex('traceId'), spanId: hex('spanId'), attributes: attributes.values };
}

function readAttributes(
  message: JsonMessage | undefined,
  into: AttributeCollector,
  field = 'attributes',
  depth = 1,
): void {
  for (const pair of message?.messages(field) ?? []) {
    if (into.isFull) into.drop();
    else into.add(pair.text('key'), readAnyValue(pair.message('value'), into.warnings, depth));
  }
}

function readAnyValue(value: JsonMessage | undefined, warnings: Warnings, depth: number): AttributeValue {
  if (value === undefined) return null;
  if (depth > MAX_DEPTH) {
    warnings.add('nesting_cut');
    return null;
  }
  if (value.has('stringValue')) return cleanText(value.text('stringValue'), MAX_VALUE_LENGTH, warnings);
  if (value.has('boolValue')) return value.bool('boolValue');
  if (value.has('intValue')) return cleanInteger(value.int64('intValue'));
  if (value.has('doubleValue')) return cleanNumber(value.double('doubleValue'), warnings);
  if (value.has('bytesValue')) return cleanText(value.text('bytesValue'), MAX_VALUE_LENGTH, warnings);
  if (value.has('arrayValue')) {
    const elements = value.message('arrayValue')?.messages('values') ?? [];
    if (elements.length > MAX_ELEMENTS) warnings.add('value_truncated');
    return elements.slice(0, MAX_ELEMENTS).map((element) => readAnyValue(element, warnings, depth + 1));
  }
  if (value.has('kvlistValue')) {
    const inner = new AttributeCollector(warnings);
    readAttributes(value.message('kvlistValue'), inner, 'values', depth + 1);
    return inner.values;
  }
  return null;
}
