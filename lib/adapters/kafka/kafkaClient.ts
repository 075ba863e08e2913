import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import Lz4Codec from '@2l/kafkajs-lz4';
import kafkajs, { type Kafka, type KafkaConfig, type LogEntry } from 'kafkajs';
import SnappyCodec from 'kafkajs-snappy';
import type { Logger } from '../../ports/logger.ts';

/** How to reach the brokers. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
}

interface PatchedQueue {
  pending: unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

let prepared = false;

/** A kafkajs client with all codecs, its idle timer mended, and its log in Banyan's. */
export function kafkaClient(connection: KafkaConnection, logger: Logger, options: Partial<KafkaConfig> = {}): Kafka {
  prepareOnce();
  const { brokers, clientId, ssl, sasl } = connection;
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => (entry) => writeLog(logger, entry),
    ...options,
  });
}

function writeLog(logger: Logger, { namespace, level, log }: LogEntry): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = log;
  // The client reports every retry as an error; what matters reaches the status board.
  const write = level === kafkajs.logLevel.ERROR ? logger.warn : logger.debug;
  write.call(logger, { ...fields, client: namespace }, `kafkajs: ${message}`);
}

function prepareOnce(): void {
  if (prepared) return;
  prepared = true;
  const { CompressionTypes, CompressionCodecs } = kafkajs;
  CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec;
  CompressionCodecs[CompressionTypes.LZ4] = new Lz4Codec().codec;
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: (encoder: { buffer: Buffer }) => promisify(zstdCompress)(encoder.buffer),
    decompress: (buffer: Buffer) => promisify(zstdDecompress)(buffer),
  });
  stopIdleTimer();
}

/** Each idle connection would wake every millisecond for ever: the check is needed only while something waits. */
function stopIdleTimer(): void {
  const load = createRequire(import.meta.url);
  const RequestQueue: { prototype: PatchedQueue } = load('kafkajs/src/network/requestQueue');
  const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
  RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleIfNeeded(this: PatchedQueue): void {
    if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
    schedule.call(this);
  };
}
