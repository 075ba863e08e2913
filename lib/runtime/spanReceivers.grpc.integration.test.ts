import { once } from 'node:events';
import { connect } from 'node:net';
import { credentials, Metadata, makeClientConstructor, type ServiceError, status as Status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { protobufRequest } from '../adapters/otlp/otlpFixture.ts';
import { allOf, facadeSpans, receiversSuite } from './receiversRig.ts';
import type { SpanReceivers } from './spanReceivers.ts';

const suite = receiversSuite();

describe('gRPC answers', () => {
  const Client = makeClientConstructor(
    {
      Export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: (bytes: Buffer) => bytes,
        requestDeserialize: (bytes: Buffer) => bytes,
        responseSerialize: (bytes: Buffer) => bytes,
        responseDeserialize: (bytes: Buffer) => bytes,
      },
    },
    'TraceService',
  );
  function call(to: SpanReceivers, body: Buffer, options: object = {}, waitForReady = false): Promise<Buffer> {
    const client = new Client(`127.0.0.1:${to.grpc?.port}`, credentials.createInsecure(), options);
    return new Promise<Buffer>((done, reject) => {
      client.makeUnaryRequest(
        '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        body,
        new Metadata({ waitForReady }),
        (error: ServiceError | null, reply?: Buffer) => (error === null && reply ? done(reply) : reject(error)),
      );
    }).finally(() => client.close());
  }

  it('stores plain and gzip messages', async () => {
    await call(suite.receivers, protobufRequest('facade', facadeSpans(3)));
    await call(suite.receivers, protobufRequest('facade', facadeSpans(4)), { 'grpc.default_compression_algorithm': 2 });
    expect(await suite.rig.counted()).toMatchObject(allOf(7));
  });

  it('tells of refused spans', async () => {
    const reply = await call(suite.receivers, protobufRequest('facade', facadeSpans(2, { traceId: Buffer.alloc(16) })));
    expect(reply.toString()).toContain('2 spans rejected');
  });

  it('calls bad data INVALID_ARGUMENT', async () => {
    await expect(call(suite.receivers, Buffer.from('garbage'))).rejects.toMatchObject({
      code: Status.INVALID_ARGUMENT,
    });
  });

  it('calls an overload UNAVAILABLE, with the delay', async () => {
    const small = await suite.rig.start({ budgetBytes: 100 });
    const error = await call(small, protobufRequest('facade', facadeSpans(50))).catch((e: ServiceError) => e);
    expect(error).toMatchObject({ code: Status.UNAVAILABLE });
    const [detail] = (error as ServiceError).metadata.get('grpc-status-details-bin');
    expect(String(detail)).toContain('google.rpc.RetryInfo');
    await small.stop();
  });

  it('holds no more connections than its limit, and takes the next one when one of them has gone', async () => {
    const small = await suite.rig.start({ wire: { maxConnections: 1 } });
    const port = small.grpc?.port ?? 0;
    const held = connect(port, '127.0.0.1');
    await once(held, 'connect');
    // The server has seen the first one by the time it has shut the second.
    const refused = connect(port, '127.0.0.1');
    await once(refused, 'close');
    expect(refused.bytesRead).toBe(0);
    expect(held.closed).toBe(false);
    held.destroy();
    await call(small, protobufRequest('facade', facadeSpans(3)), { 'grpc.initial_reconnect_backoff_ms': 100 }, true);
    expect(await suite.rig.counted()).toMatchObject(allOf(3));
    await small.stop();
  });
});
