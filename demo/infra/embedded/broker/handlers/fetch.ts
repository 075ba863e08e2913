import type { ApiRequest, BrokerState, Handler } from '../api.ts';
import { errorCodes } from '../errorCodes.ts';
import type { PartitionLog } from '../partitionLog.ts';

const MAX_RESPONSE_BYTES = 50 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

interface Wanted {
  readonly topic: string;
  readonly partitions: readonly {
    readonly index: number;
    readonly log: PartitionLog | undefined;
    readonly offset: bigint;
    readonly maxBytes: number;
  }[];
}

interface Found {
  readonly index: number;
  readonly log: PartitionLog | undefined;
  readonly error: number;
  readonly records: Buffer;
}

/** Fetch, versions 4 to 11: answers when `minBytes` are there, an error is to be told, or `maxWaitMs` are over. */
export const fetch: Handler = async (request, answer, broker) => {
  const { body, version } = request;
  body.int32(); // replica id
  const maxWaitMs = body.int32();
  const minBytes = body.int32();
  const maxBytes = Math.min(body.int32(), MAX_RESPONSE_BYTES);
  body.int8(); // isolation level: there are no transactions
  if (version >= 7) {
    body.int32();
    body.int32();
  }
  const wanted = body.array(() => readTopic(request, broker));
  const deadline = Date.now() + Math.max(0, maxWaitMs);
  let found = readAll(wanted, maxBytes);
  let closed = false;
  while (!closed && !isEnough(found, minBytes)) {
    const waitMs = deadline - Date.now();
    if (waitMs <= 0) break;
    closed = await changeOrDeadline(request, wanted, waitMs);
    // The partitions may have been deleted or made anew while waiting.
    found = readAll(refreshed(wanted, broker), maxBytes);
  }
  answer.int32(0);
  if (version >= 7) answer.int16(errorCodes.none).int32(0);
  answer.array(found, ({ topic, partitions }) =>
    answer.string(topic).array(partitions, ({ index, log, error, records }) => {
      const highWatermark = log?.highWatermark ?? -1n;
      answer.int32(index).int16(error).int64(highWatermark).int64(highWatermark);
      if (version >= 5) answer.int64(log?.logStart ?? -1n);
      answer.int32(0); // no aborted transactions
      if (version >= 11) answer.int32(-1);
      answer.bytes(records);
    }),
  );
};

function readTopic({ body, version }: ApiRequest, { topics }: BrokerState): Wanted {
  const topic = body.string();
  const partitions = body.array(() => {
    const index = body.int32();
    if (version >= 9) body.int32(); // leader epoch: there is one leader for ever
    const offset = body.int64();
    if (version >= 5) body.int64();
    return { index, log: topics.partition(topic, index), offset, maxBytes: body.int32() };
  });
  return { topic, partitions };
}

const refreshed = (wanted: readonly Wanted[], { topics }: BrokerState): Wanted[] =>
  wanted.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => ({ ...partition, log: topics.partition(topic, partition.index) })),
  }));

function readAll(wanted: readonly Wanted[], maxBytes: number): { topic: string; partitions: Found[] }[] {
  let left = maxBytes;
  return wanted.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ index, log, offset, maxBytes: ownMaxBytes }): Found => {
      if (log === undefined) return { index, log, error: errorCodes.unknownTopicOrPartition, records: NOTHING };
      // Past the response's limit only the error of an offset is worth finding.
      const outcome = left > 0 ? log.read(offset, Math.min(left, ownMaxBytes)) : undefined;
      if (outcome === undefined) return { index, log, error: errorCodes.none, records: NOTHING };
      if (outcome.kind === 'out_of_range') return { index, log, error: errorCodes.offsetOutOfRange, records: NOTHING };
      left -= outcome.records.length;
      return { index, log, error: errorCodes.none, records: outcome.records };
    }),
  }));
}

function isEnough(found: readonly { partitions: readonly Found[] }[], minBytes: number): boolean {
  let bytes = 0;
  for (const { partitions } of found)
    for (const { error, records } of partitions) {
      if (error !== errorCodes.none) return true;
      bytes += records.length;
    }
  return bytes >= minBytes;
}

/** True if the connection went away. */
function changeOrDeadline(request: ApiRequest, wanted: readonly Wanted[], waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const withdraw: (() => void)[] = [];
    const finish = (closed: boolean): void => {
      for (const each of withdraw) each();
      resolve(closed);
    };
    const timer = setTimeout(() => finish(false), waitMs);
    withdraw.push(() => clearTimeout(timer));
    withdraw.push(request.onClose(() => finish(true)));
    for (const { partitions } of wanted)
      for (const { log } of partitions) if (log !== undefined) withdraw.push(log.onChange(() => finish(false)));
  });
}
