import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Attributes, SpanKind } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { jsonRequest, protobufRequest } from '../adapters/otlp/otlpFixture.ts';
import { ATTRIBUTES, allOf, facadeSpans, JSON_TYPE, jsonOf, PROTOBUF, postTo, receiversSuite } from './receiversRig.ts';

const suite = receiversSuite();

describe('the official exporters', () => {
  it.each([
    ['protobuf over HTTP', () => new ProtoExporter({ url: `http://127.0.0.1:${suite.receivers.http.port}/v1/traces` })],
    ['gRPC', () => new GrpcExporter({ url: `http://127.0.0.1:${suite.receivers.grpc?.port}` })],
  ])('%s: every span is stored with what it says', async (_, exporter) => {
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'facade', 'service.version': '1.2.3' }),
      spanProcessors: [new BatchSpanProcessor({ exporter: exporter(), maxExportBatchSize: 40 })],
    });
    const tracer = provider.getTracer('test');
    const attributes: Attributes = { ...ATTRIBUTES, list: ['a', 'b'], ratio: 0.5, flag: true };
    for (let i = 0; i < 100; i += 1) {
      const span = tracer.startSpan('GET /api/inventory/{itemId}', { kind: SpanKind.SERVER, attributes });
      span.addEvent('cache miss', { key: 'x' });
      span.end();
    }
    await provider.forceFlush();
    await provider.shutdown();
    expect(await suite.rig.counted()).toMatchObject({ ...allOf(100), received: 100, duplicates: 0, rejected: 0 });
    const { rows } = await suite.rig.pool.query('select * from span limit 1');
    expect(rows[0]).toMatchObject({
      service: 'facade',
      name: 'GET /api/inventory/{itemId}',
      kind: 2,
      route: 'service',
      warnings: [],
      attributes: { ...ATTRIBUTES, list: ['a', 'b'], ratio: 0.5, flag: true, 'resource.service.version': '1.2.3' },
      events: [{ name: 'cache miss', attributes: { key: 'x' } }],
    });
  });
});

describe('HTTP answers', () => {
  it.each<[string, () => Promise<Response>, number, string]>([
    [
      'a good protobuf request',
      () => postTo(suite.receivers, protobufRequest('facade', facadeSpans(1))),
      200,
      'application/x-protobuf',
    ],
    [
      'a good JSON request',
      () => postTo(suite.receivers, jsonRequest('facade', facadeSpans(1)), JSON_TYPE),
      200,
      'application/json',
    ],
    [
      'a charset after the type',
      () =>
        postTo(suite.receivers, jsonRequest('facade', facadeSpans(1)), {
          'content-type': 'application/json; charset=utf-8',
        }),
      200,
      'application/json',
    ],
    [
      'gzip',
      () =>
        postTo(suite.receivers, gzipSync(protobufRequest('facade', facadeSpans(1))), {
          ...PROTOBUF,
          'content-encoding': 'gzip',
        }),
      200,
      'application/x-protobuf',
    ],
    ['an empty request', () => postTo(suite.receivers, Buffer.alloc(0)), 200, 'application/x-protobuf'],
    ['garbage', () => postTo(suite.receivers, Buffer.from('garbage')), 400, 'application/x-protobuf'],
    ['garbage as JSON', () => postTo(suite.receivers, Buffer.from('garbage'), JSON_TYPE), 400, 'application/json'],
    [
      'gzip that is none',
      () => postTo(suite.receivers, Buffer.from('garbage'), { ...JSON_TYPE, 'content-encoding': 'gzip' }),
      400,
      'application/json',
    ],
    [
      'log records',
      () => postTo(suite.receivers, Buffer.from('{"resourceLogs":[]}'), JSON_TYPE),
      400,
      'application/json',
    ],
    [
      'metrics address',
      () => postTo(suite.receivers, Buffer.alloc(0), PROTOBUF, '/v1/metrics'),
      404,
      'application/x-protobuf',
    ],
    ['logs address', () => postTo(suite.receivers, Buffer.alloc(0), JSON_TYPE, '/v1/logs'), 404, 'application/json'],
    ['another address', () => postTo(suite.receivers, Buffer.alloc(0), JSON_TYPE, '/'), 404, 'application/json'],
    ['GET', () => fetch(`http://127.0.0.1:${suite.receivers.http.port}/v1/traces`), 405, 'application/json'],
    ['a body over 4 MiB', () => postTo(suite.receivers, Buffer.alloc(4 * 2 ** 20 + 1)), 413, 'application/x-protobuf'],
    [
      'text',
      () => postTo(suite.receivers, Buffer.from('x'), { 'content-type': 'text/plain' }),
      415,
      'application/json',
    ],
    [
      'brotli',
      () => postTo(suite.receivers, Buffer.from('x'), { ...JSON_TYPE, 'content-encoding': 'br' }),
      415,
      'application/json',
    ],
  ])('%s', async (_, send, status, type) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe(type);
    if (status !== 200 && type === 'application/json') {
      expect(await jsonOf(response)).toMatchObject({
        code: expect.any(Number),
        message: expect.stringMatching(/\w{3}/),
      });
    }
  });

  it('names POST to whoever uses another method', async () => {
    const response = await fetch(`http://127.0.0.1:${suite.receivers.http.port}/v1/traces`);
    expect(response.headers.get('allow')).toBe('POST');
  });

  it('says nothing of partial success when all went well', async () => {
    expect(await jsonOf(await postTo(suite.receivers, jsonRequest('facade', facadeSpans(3)), JSON_TYPE))).toEqual({});
    expect(
      (await (await postTo(suite.receivers, protobufRequest('facade', facadeSpans(3)))).arrayBuffer()).byteLength,
    ).toBe(0);
  });

  it('counts refused spans by reason and keeps the others', async () => {
    const bad = [...facadeSpans(2, { traceId: Buffer.alloc(16) }), ...facadeSpans(1, { spanId: Buffer.alloc(3, 1) })];
    const response = await postTo(suite.receivers, jsonRequest('facade', [...facadeSpans(4), ...bad]), JSON_TYPE);
    expect(response.status).toBe(200);
    expect(await jsonOf(response)).toEqual({
      partialSuccess: {
        rejectedSpans: '3',
        errorMessage:
          '1 span rejected: the span id is not 8 bytes or is all zero; 2 spans rejected: the trace id is not 16 bytes or is all zero',
      },
    });
    expect(await suite.rig.counted()).toMatchObject({ ...allOf(4), received: 7, rejected: 3 });
    expect(suite.receivers.ingest.counts()).toMatchObject({
      accepted: 4,
      rejected: { trace_id_invalid: 2, span_id_invalid: 1 },
    });
  });

  it('refuses a gzip bomb at the cap, without unpacking it', async () => {
    const bomb = gzipSync(Buffer.alloc(1_000 * 2 ** 20));
    expect(bomb.length).toBeLessThan(2 * 2 ** 20);
    const before = process.memoryUsage().rss;
    const replies = await Promise.all(
      Array.from({ length: 4 }, () => postTo(suite.receivers, bomb, { ...PROTOBUF, 'content-encoding': 'gzip' })),
    );
    for (const reply of replies) expect([413, 503]).toContain(reply.status);
    expect(replies.some((reply) => reply.status === 413)).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    expect(suite.receivers.ingest.counts().inFlightBytes).toBe(0);
  });

  it('answers 503 with Retry-After before it reads a body for which there is no room', async () => {
    const small = await suite.rig.start({ budgetBytes: 2_000 });
    const response = await postTo(small, protobufRequest('facade', facadeSpans(50)), PROTOBUF);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(small.ingest.counts()).toMatchObject({ accepted: 0, inFlightBytes: 0, requestsRefused: { overloaded: 1 } });
    expect((await postTo(small, protobufRequest('facade', facadeSpans(1)), PROTOBUF)).status).toBe(200);
    await small.stop();
  });

  it.each([
    ['a head that does not end', 'POST /v1/traces HTTP/1.1\r\nhost: x\r\n'],
    [
      'a body that does not come',
      'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{',
    ],
  ])('hangs up on %s, and gives its room back', async (_, text) => {
    const strict = await suite.rig.start({ wire: { headersTimeoutMs: 200, requestTimeoutMs: 400 } });
    const socket = connect(strict.http.port, '127.0.0.1');
    socket.write(text);
    await new Promise((closed) => socket.once('close', closed).resume());
    await expect.poll(() => strict.ingest.counts().inFlightBytes).toBe(0);
    await strict.stop();
  });

  it('listens on loopback only', () => {
    expect(suite.receivers.http.host).toBe('127.0.0.1');
  });

  it('says which variable to change when the port is taken', async () => {
    await expect(suite.rig.start({ httpPort: suite.receivers.http.port })).rejects.toMatchObject({
      code: 'bad_input',
      fix: expect.stringContaining('OTLP_HTTP_PORT'),
    });
  });
});

describe('garbage', () => {
  it('thousands of spoilt requests: an answer to each, none of 5xx but 503, and the next good one is stored', async () => {
    const sound = [protobufRequest('facade', facadeSpans(3)), jsonRequest('facade', facadeSpans(3))] as const;
    const packed = sound.map((body) => gzipSync(body));
    const seen = new Map<number, number>();
    const random = (n: number): number => randomBytes(4).readUInt32BE() % n;
    const once = async (): Promise<void> => {
      const kind = random(2);
      const isPacked = random(3) === 0;
      const body = Buffer.from((isPacked ? packed : sound)[kind] ?? sound[0]);
      for (let i = random(6); i >= 0; i -= 1) body[random(body.length)] = random(256);
      const cut = random(4) === 0 ? body.subarray(0, random(body.length)) : body;
      const type = (kind === 0) === random(10) > 0 ? PROTOBUF : JSON_TYPE;
      const { status } = await postTo(suite.receivers, cut, isPacked ? { ...type, 'content-encoding': 'gzip' } : type);
      seen.set(status, (seen.get(status) ?? 0) + 1);
    };
    for (let round = 0; round < 100; round += 1) await Promise.all(Array.from({ length: 30 }, once));
    const statuses = [...seen.keys()];
    expect([...seen.values()].reduce((a, b) => a + b)).toBe(3_000);
    expect(statuses.filter((status) => ![200, 400, 413, 503].includes(status))).toEqual([]);
    expect(statuses).toEqual(expect.arrayContaining([200, 400]));
    expect((await postTo(suite.receivers, protobufRequest('facade', facadeSpans(1)))).status).toBe(200);
    expect(suite.receivers.ingest.counts().inFlightBytes).toBe(0);
  });
});
