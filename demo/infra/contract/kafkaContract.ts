import { execFile, execFileSync } from 'node:child_process';
import { CompressionTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContractKafka, unique } from './contractKafka.ts';
import type { Infrastructure } from './infrastructure.ts';
import { waitUntil } from './waitUntil.ts';

/** What the demo and Banyan expect of a broker; the same cases for the embedded one and for Apache Kafka. */
export function kafkaContract(infrastructure: () => Infrastructure): void {
  describe('the broker', () => {
    let kafka: ContractKafka;
    beforeAll(async () => {
      kafka = new ContractKafka(infrastructure().brokers);
      await kafka.connect();
    });
    afterAll(() => kafka.close());

    topics(() => kafka);
    messages(() => kafka);
    groups(() => kafka);
    offsets(() => kafka);

    const hasKcat = isInstalled('kcat');
    it.skipIf(!hasKcat)(
      `is read by a client that is not ours${hasKcat ? '' : ' (left out: kcat is not installed)'}`,
      async () => {
        const topic = await kafka.createTopic();
        await kafka.producer.send({ topic, messages: [{ key: 'k', value: 'from kafkajs' }] });
        const [broker = ''] = infrastructure().brokers;
        const output = await new Promise<string>((resolve, reject) => {
          execFile(
            'kcat',
            ['-b', broker, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%k=%s\n'],
            (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
          );
        });
        expect(output).toBe('k=from kafkajs\n');
      },
    );
  });
}

function topics(kafka: () => ContractKafka): void {
  describe('topics', () => {
    it('creates a topic with its partitions and settings, once', async () => {
      const topic = await kafka().createTopic(3, [{ name: 'cleanup.policy', value: 'compact' }]);
      const { topics: described } = await kafka().admin.fetchTopicMetadata({ topics: [topic] });
      expect(described[0]?.partitions.map(({ partitionId }) => partitionId).sort()).toEqual([0, 1, 2]);
      expect(await kafka().admin.createTopics({ topics: [{ topic }] })).toBe(false);
      const { resources } = await kafka().admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: 2, name: topic, configNames: ['cleanup.policy'] }],
      });
      expect(resources[0]?.configEntries.map(({ configValue }) => configValue)).toEqual(['compact']);
    });

    it('adds partitions', async () => {
      const topic = await kafka().createTopic(1);
      await kafka().admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
      await waitUntil('four partitions', async () => {
        const { topics: described } = await kafka().admin.fetchTopicMetadata({ topics: [topic] });
        return described[0]?.partitions.length === 4 ? true : undefined;
      });
    });

    it('deletes a topic; made again it begins at zero', async () => {
      const topic = await kafka().createTopic();
      await kafka().producer.send({ topic, messages: [{ value: 'old' }] });
      await kafka().admin.deleteTopics({ topics: [topic] });
      await waitUntil('the topic is gone', async () =>
        (await kafka().admin.listTopics()).includes(topic) ? undefined : true,
      );
      await kafka().admin.createTopics({ topics: [{ topic }] });
      const [offset] = await waitUntil('offsets of the new topic', () =>
        kafka()
          .admin.fetchTopicOffsets(topic)
          .catch(() => undefined),
      );
      expect(offset).toMatchObject({ low: '0', high: '0' });
    });

    it('answers for a missing topic with an error that names it as unknown', async () => {
      await expect(kafka().admin.fetchTopicMetadata({ topics: [unique('missing')] })).rejects.toThrow(
        /topic-partition/,
      );
      await expect(kafka().admin.deleteTopics({ topics: [unique('missing')] })).rejects.toThrow(/topic-partition/);
    });
  });
}

function messages(kafka: () => ContractKafka): void {
  describe('messages', () => {
    it('keeps keys, values, nulls, empty bytes, headers and timestamps', async () => {
      const topic = await kafka().createTopic();
      const timestamp = String(Date.now() - 60_000);
      await kafka().producer.send({
        topic,
        messages: [
          { key: 'key', value: 'value', headers: { type: 'OrderPlaced', again: ['1', '2'] }, timestamp },
          { key: null, value: 'no key', timestamp },
          { key: 'tombstone', value: null, timestamp },
          { key: '', value: '', timestamp },
        ],
      });
      const received = await kafka().read([topic], 4);
      const text = (bytes: Buffer | null): string | null => bytes?.toString() ?? null;
      expect(received.map(({ message }) => [message.offset, text(message.key), text(message.value)])).toEqual([
        ['0', 'key', 'value'],
        ['1', null, 'no key'],
        ['2', 'tombstone', null],
        ['3', '', ''],
      ]);
      expect(received[0]?.message.headers?.type?.toString()).toBe('OrderPlaced');
      expect(String(received[0]?.message.headers?.again)).toBe('1,2');
      expect(received.map(({ message }) => message.timestamp)).toEqual(Array(4).fill(timestamp));
    });

    it.each([
      ['gzip', CompressionTypes.GZIP],
      ['snappy', CompressionTypes.Snappy],
      ['lz4', CompressionTypes.LZ4],
      ['zstd', CompressionTypes.ZSTD],
    ])('passes %s batches through', async (_, compression) => {
      const topic = await kafka().createTopic();
      const values = Array.from({ length: 200 }, (_unused, i) => `value ${i} ${'x'.repeat(100)}`);
      await kafka().producer.send({ topic, compression, messages: values.map((value) => ({ value })) });
      await kafka().producer.send({ topic, messages: [{ value: 'plain' }] });
      const received = await kafka().read([topic], 201);
      expect(received.map(({ message }) => message.value?.toString())).toEqual([...values, 'plain']);
      expect(received.map(({ message }) => message.offset)).toEqual(values.map((_value, i) => String(i)).concat('200'));
    });

    it('takes a message just below 1 MiB and refuses a larger one', async () => {
      const topic = await kafka().createTopic();
      await kafka().producer.send({ topic, messages: [{ value: 'x'.repeat(1_000_000) }] });
      const refused = kafka().producer.send({ topic, messages: [{ value: 'x'.repeat(1_100_000) }] });
      await expect(refused).rejects.toThrow(/larger than the max message size/);
      const [first] = await kafka().read([topic], 1);
      expect(first?.message.value?.length).toBe(1_000_000);
    });

    it('keeps the order within a partition and the same key in the same partition', async () => {
      const topic = await kafka().createTopic(3);
      for (let round = 0; round < 5; round++) {
        const keys = Array.from({ length: 20 }, (_, i) => `key-${i}`);
        await kafka().producer.send({ topic, messages: keys.map((key) => ({ key, value: String(round) })) });
      }
      const received = await kafka().read([topic], 100);
      const seen = new Map<string, { partition: number; rounds: string[] }>();
      for (const { partition, message } of received) {
        const key = String(message.key);
        const entry = seen.get(key) ?? { partition, rounds: [] };
        expect(entry.partition).toBe(partition);
        entry.rounds.push(String(message.value));
        seen.set(key, entry);
      }
      expect([...seen.values()].every(({ rounds }) => rounds.join('') === '01234')).toBe(true);
      expect(new Set([...seen.values()].map(({ partition }) => partition)).size).toBe(3);
    });
  });
}

function groups(kafka: () => ContractKafka): void {
  describe('consumer groups', () => {
    it('shares the partitions between two members and gives them back when one leaves', async () => {
      const topic = await kafka().createTopic(4);
      const groupId = unique('group');
      const sorted = (...owners: { owned: () => number[] | undefined }[]): string =>
        owners.map(({ owned }) => (owned() ?? []).length).join() +
        [...owners.flatMap(({ owned }) => owned() ?? [])].sort().join('');
      const first = await kafka().consume(groupId, [topic]);
      await waitUntil('one member owns all', () => (sorted(first) === '40123' ? true : undefined));
      const second = await kafka().consume(groupId, [topic], first.received);
      await waitUntil('two members own two each', () => (sorted(first, second) === '2,20123' ? true : undefined));
      const messagesToAll = Array.from({ length: 4 }, (_, partition) => ({ partition, value: String(partition) }));
      await kafka().producer.send({ topic, messages: messagesToAll });
      await waitUntil('each message once', () => (first.received.length === 4 ? true : undefined));
      await second.stop();
      await waitUntil('one member owns all again', () => (sorted(first) === '40123' ? true : undefined));
      await first.stop();
    });

    it('is described with its members, listed, and deleted once empty', async () => {
      const topic = await kafka().createTopic(2);
      const groupId = unique('group');
      const member = await kafka().consume(groupId, [topic]);
      await waitUntil('an assignment', member.owned);
      const { groups: described } = await kafka().admin.describeGroups([groupId]);
      expect(described[0]).toMatchObject({ state: 'Stable', protocolType: 'consumer', protocol: 'RoundRobinAssigner' });
      expect(described[0]?.members).toHaveLength(1);
      expect((await kafka().admin.listGroups()).groups.map((group) => group.groupId)).toContain(groupId);
      await expect(kafka().admin.deleteGroups([groupId])).rejects.toThrow();
      await member.stop();
      await kafka().admin.deleteGroups([groupId]);
      const { groups: after } = await kafka().admin.describeGroups([groupId]);
      expect(after[0]?.state).toBe('Dead');
    });

    it('goes on from the committed offset, and from where it is reset to', async () => {
      const topic = await kafka().createTopic();
      const groupId = unique('group');
      await kafka().producer.send({ topic, messages: ['a', 'b', 'c'].map((value) => ({ value })) });
      const first = await kafka().consume(groupId, [topic]);
      await waitUntil('three messages', () => (first.received.length === 3 ? true : undefined));
      await first.stop();
      const committed = await kafka().admin.fetchOffsets({ groupId, topics: [topic] });
      expect(committed[0]?.partitions).toMatchObject([{ partition: 0, offset: '3' }]);
      await kafka().producer.send({ topic, messages: [{ value: 'd' }] });
      const second = await kafka().consume(groupId, [topic]);
      await waitUntil('the next message', () => (second.received.length > 0 ? true : undefined));
      await second.stop();
      expect(second.received.map(({ message }) => String(message.value))).toEqual(['d']);
      await kafka().admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] });
      const third = await kafka().consume(groupId, [topic]);
      await waitUntil('three messages again', () => (third.received.length === 3 ? true : undefined));
      await third.stop();
      expect(third.received.map(({ message }) => String(message.value))).toEqual(['b', 'c', 'd']);
    });
  });
}

function offsets(kafka: () => ContractKafka): void {
  describe('offsets', () => {
    it('are found by timestamp: the first record at or after it, the end where there is none', async () => {
      const topic = await kafka().createTopic();
      const times = [1_000, 2_000, 3_000, 4_000].map((ms) => Date.now() - 100_000 + ms);
      const timed = times.map((at, i) => ({ value: String(i), timestamp: String(at) }));
      await kafka().producer.send({ topic, messages: timed.slice(0, 3) });
      await kafka().producer.send({ topic, messages: timed.slice(3) });
      const at = async (timestamp: number): Promise<string | undefined> =>
        (await kafka().admin.fetchTopicOffsetsByTimestamp(topic, timestamp))[0]?.offset;
      expect(await at(times[0] ?? 0)).toBe('0');
      expect(await at((times[1] ?? 0) - 1)).toBe('1');
      expect(await at(times[2] ?? 0)).toBe('2');
      expect(await at((times[2] ?? 0) + 1)).toBe('3');
      expect(await at((times[3] ?? 0) + 1)).toBe('4');
    });

    it('before the log start are out of range after records were deleted; the reader starts at what is left', async () => {
      const topic = await kafka().createTopic();
      for (const value of ['a', 'b', 'c']) await kafka().producer.send({ topic, messages: [{ value }] });
      // kafkajs deletes records of topics only that it has looked at before.
      await kafka().admin.fetchTopicOffsets(topic);
      await kafka().admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
      const [offset] = await kafka().admin.fetchTopicOffsets(topic);
      expect(offset).toMatchObject({ low: '2', high: '3' });
      const received = await kafka().read([topic], 1);
      expect(received.map(({ message }) => message.offset)).toEqual(['2']);
      const beyond = kafka().admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '9' }] });
      await expect(beyond).rejects.toThrow();
    });
  });
}

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
