import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecodedSpan } from '../../core/trace/span.ts';
import { BanyanError } from '../../errors.ts';
import { decodeJson } from './decodeJson.ts';
import { decodeProtobuf } from './decodeProtobuf.ts';
import { type FixtureSpan, jsonRequest, protobufRequest } from './otlpFixture.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const LEN = WireType.LengthDelimited;

const fixture = (change: Partial<FixtureSpan> = {}): FixtureSpan => ({
  traceId: Buffer.from(TRACE, 'hex'),
  spanId: Buffer.from(SPAN, 'hex'),
  startNs: 1_795_262_400_123_456_789n,
  endNs: 1_795_262_400_223_456_789n,
  ...change,
});

function only(spans: readonly DecodedSpan[]): DecodedSpan {
  const [span] = spans;
  if (span === undefined || spans.length !== 1) throw new Error(`${spans.length} spans`);
  return span;
}

/** A body of one span that consists of the fields that `write` gives it. */
function rawSpan(write: (writer: BinaryWriter) => void): Buffer {
  const writer = new BinaryWriter();
  writer.tag(1, LEN).fork().tag(2, LEN).fork().tag(2, LEN).fork();
  write(writer);
  writer.join().join().join();
  return Buffer.from(writer.finish());
}

const jsonSpan = (span: object, resource: object = {}): Buffer =>
  Buffer.from(JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }));

const attribute = (value: unknown): Buffer => jsonSpan({ attributes: [{ key: 'k', value }] });

describe('both encodings', () => {
  const value = fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.array(fc.string(), { maxLength: 4 }),
  );
  const span: fc.Arbitrary<FixtureSpan> = fc.record({
    traceId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
    spanId: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    parentSpanId: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    name: fc.string(),
    kind: fc.integer({ min: 0, max: 5 }),
    startNs: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    endNs: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    attributes: fc.dictionary(fc.string({ minLength: 1 }), value, { maxKeys: 6 }),
    statusCode: fc.integer({ min: 0, max: 2 }),
  });

  it('say the same of a span', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 5 }), (spans) => {
        const protobuf = decodeProtobuf(protobufRequest('facade', spans), 100);
        const json = decodeJson(jsonRequest('facade', spans), 100);
        expect(json).toEqual(protobuf);
        expect(protobuf).toHaveLength(spans.length);
        expect(protobuf.map((s) => s.startNs)).toEqual(spans.map((s) => s.startNs));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['protobuf', () => decodeProtobuf(Buffer.alloc(0), 10)],
    ['JSON', () => decodeJson(Buffer.from('{}'), 10)],
  ])('an empty request is no spans (%s)', (_, decode) => {
    expect(decode()).toEqual([]);
  });

  it.each([
    ['protobuf', (spans: FixtureSpan[]) => decodeProtobuf(protobufRequest('s', spans), 2)],
    ['JSON', (spans: FixtureSpan[]) => decodeJson(jsonRequest('s', spans), 2)],
  ])('more spans than allowed are too large (%s)', (_, decode) => {
    expect(decode([fixture(), fixture()])).toHaveLength(2);
    expect(() => decode([fixture(), fixture(), fixture()])).toThrow(/more than 2 spans/);
  });
});

describe('protobuf', () => {
  it('finds a resource that stands after its spans', () => {
    const writer = new BinaryWriter();
    writer.tag(1, LEN).fork();
    writer.tag(2, LEN).fork().tag(2, LEN).fork().tag(5, LEN).string('late').join().join();
    writer.tag(1, LEN).fork().tag(1, LEN).fork().tag(1, LEN).string('service.name');
    writer.tag(2, LEN).fork().tag(1, LEN).string('orders').join().join().join();
    writer.join();
    expect(only(decodeProtobuf(Buffer.from(writer.finish()), 10))).toMatchObject({ service: 'orders', name: 'late' });
  });

  it('keeps the first 128 of a million attributes', () => {
    const body = rawSpan((writer) => {
      for (let i = 0; i < 1_000_000; i += 1) writer.tag(9, LEN).fork().tag(1, LEN).string(`k${i}`).join();
    });
    const span = only(decodeProtobuf(body, 10));
    expect(Object.keys(span.attributes.values)).toHaveLength(128);
    expect(span.attributes.dropped).toBe(999_872);
  });

  it('cuts nesting below 32 levels and goes on', () => {
    const body = rawSpan((writer) => {
      writer.tag(9, LEN).fork().tag(1, LEN).string('deep').tag(2, LEN).fork();
      for (let i = 0; i < 10_000; i += 1) writer.tag(5, LEN).fork().tag(1, LEN).fork();
      for (let i = 0; i < 10_000; i += 1) writer.join().join();
      writer.join().join();
      writer.tag(5, LEN).string('after');
    });
    const span = only(decodeProtobuf(body, 10));
    expect(span.warnings.list).toEqual(['nesting_cut']);
    expect(span.name).toBe('after');
    expect(JSON.stringify(span.attributes.values).match(/\[/g)).toHaveLength(32);
  });

  it('replaces bytes that are no UTF-8 and says so; a real U+FFFD is no fault', () => {
    const name = (bytes: Buffer): DecodedSpan =>
      only(
        decodeProtobuf(
          rawSpan((writer) => void writer.tag(5, LEN).bytes(bytes)),
          10,
        ),
      );
    expect(name(Buffer.from([0x61, 0xff]))).toMatchObject({ name: 'a\ufffd', warnings: { list: ['invalid_text'] } });
    expect(name(Buffer.from('a\ufffd'))).toMatchObject({ name: 'a\ufffd', warnings: { list: [] } });
  });

  it('keeps NaN by name, with a warning', () => {
    const span = only(decodeProtobuf(protobufRequest('s', [fixture({ attributes: { x: Number.NaN } })]), 10));
    expect(span.attributes.values.x).toBe('NaN');
    expect(span.warnings.list).toEqual(['not_a_number']);
  });

  it('skips fields that it does not know', () => {
    const span = only(
      decodeProtobuf(
        rawSpan((w) => void w.tag(99, LEN).string('new').tag(5, LEN).string('n')),
        10,
      ),
    );
    expect(span.name).toBe('n');
  });

  it.each<[string, Buffer, RegExp]>([
    ['bytes of something else', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /no OTLP trace request/],
    ['a message cut short', protobufRequest('s', [fixture()]).subarray(0, 40), /no OTLP trace request/],
    ['a length past the body', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07]), /past the body/],
    ['a span id as a fixed64', rawSpan((w) => void w.tag(2, WireType.Bit64).fixed64(1)), /wire type/],
    ['a log record with its time', rawSpan((w) => void w.tag(1, WireType.Bit64).fixed64(1)), /log records/],
    ['a log record with its severity', rawSpan((w) => void w.tag(2, WireType.Varint).int32(9)), /log records/],
    ['a log record as first observed', rawSpan((w) => void w.tag(11, WireType.Bit64).fixed64(1)), /log records/],
  ])('refuses %s', (_, body, message) => {
    expect(() => decodeProtobuf(body, 10)).toThrow(message);
  });
});

describe('JSON', () => {
  it.each<[string, Buffer, Partial<DecodedSpan>]>([
    [
      'ids in capitals',
      jsonSpan({ traceId: TRACE.toUpperCase(), spanId: SPAN.toUpperCase() }),
      { traceId: TRACE, spanId: SPAN },
    ],
    ['times as text', jsonSpan({ startTimeUnixNano: '1795262400123456789' }), { startNs: 1_795_262_400_123_456_789n }],
    [
      'times as numbers past 2^53',
      Buffer.from('{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":1795262400123456789}]}]}]}'),
      { startNs: 1_795_262_400_123_456_789n },
    ],
    ['an absent kind', jsonSpan({ name: 'x' }), { kind: 0, name: 'x' }],
    ['null for a default', jsonSpan({ name: null, kind: null, attributes: null }), { name: '', kind: 0 }],
    ['fields that it does not know', jsonSpan({ name: 'x', futureField: { a: [1] } }), { name: 'x' }],
    ['no service name', jsonSpan({}), { service: 'unknown_service' }],
  ])('takes %s', (_, body, expected) => {
    expect(only(decodeJson(body, 10))).toMatchObject(expected);
  });

  it.each<[string, unknown, unknown]>([
    ['an integer as text', { intValue: '42' }, 42],
    ['an integer as a number', { intValue: 42 }, 42],
    ['an integer past 2^53', { intValue: '9223372036854775807' }, '9223372036854775807'],
    ['a double', { doubleValue: 0.5 }, 0.5],
    ['NaN as text', { doubleValue: 'NaN' }, 'NaN'],
    ['false', { boolValue: false }, false],
    ['an empty text', { stringValue: '' }, ''],
    ['a lone surrogate', { stringValue: '\ud800' }, '\ufffd'],
    ['NUL', { stringValue: 'a\0' }, 'a\u2400'],
    ['a list', { arrayValue: { values: [{ intValue: 1 }, {}] } }, [1, null]],
    ['an empty list', { arrayValue: {} }, []],
    ['a map', { kvlistValue: { values: [{ key: 'a', value: { boolValue: true } }] } }, { a: true }],
    ['nothing', {}, null],
  ])('reads %s', (_, value, expected) => {
    const { values } = only(decodeJson(attribute(value), 10)).attributes;
    expect(JSON.parse(JSON.stringify(values))).toEqual({ k: expected });
  });

  it('cuts nesting below 32 levels', () => {
    let value: object = { stringValue: 'core' };
    for (let i = 0; i < 1_000; i += 1) value = { arrayValue: { values: [value] } };
    const span = only(decodeJson(attribute(value), 10));
    expect(span.warnings.list).toEqual(['nesting_cut']);
  });

  it.each<[string, Buffer, RegExp]>([
    ['no JSON', Buffer.from('<xml/>'), /the body is no JSON/],
    ['a list', Buffer.from('[]'), /body is a list, expected an object/],
    [
      'an enum by name',
      jsonSpan({ kind: 'SPAN_KIND_SERVER' }),
      /spans\[0\]\.kind is SPAN_KIND_SERVER, expected an integer/,
    ],
    ['a number for a name', jsonSpan({ name: 5 }), /spans\[0\]\.name is 5, expected text/],
    ['a time that is no number', jsonSpan({ startTimeUnixNano: 'now' }), /startTimeUnixNano is now/],
    ['log records', Buffer.from('{"resourceLogs":[]}'), /log records/],
    ['metrics', Buffer.from('{"resourceMetrics":[]}'), /metrics/],
    ['nesting without end', Buffer.from('['.repeat(100_000)), /no JSON/],
  ])('refuses %s', (_, body, message) => {
    expect(() => decodeJson(body, 10)).toThrow(message);
  });
});

describe('garbage', () => {
  const spans = [fixture({ attributes: { a: 'b', n: 5n, l: ['x', 'y'] }, statusCode: 2 }), fixture({ name: 'ü' })];

  it.each<[string, Buffer, (body: Buffer) => unknown]>([
    ['protobuf', protobufRequest('facade', spans), (body) => decodeProtobuf(body, 1_000)],
    ['JSON', jsonRequest('facade', spans), (body) => decodeJson(body, 1_000)],
  ])('is refused with a reason or read, never anything else (%s)', (_, sound, decode) => {
    const edit = fc.record({ at: fc.nat(sound.length - 1), byte: fc.nat(255), cut: fc.boolean() });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), (edits) => {
        let body = Buffer.from(sound);
        for (const { at, byte, cut } of edits) {
          if (at < body.length) body[at] = byte;
          if (cut && at > 0) body = body.subarray(0, at);
        }
        try {
          decode(body);
        } catch (error) {
          expect(error).toBeInstanceOf(BanyanError);
          expect(error).toMatchObject({ code: 'bad_input' });
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
