import { BanyanError, messageOf } from '../../errors.ts';
import type { AppliedPositionSource } from '../../ports/appliedPosition.ts';
import type { GroupPosition, LagSource } from '../../ports/lagSource.ts';
import type { Logger } from '../../ports/logger.ts';
import { type KafkaConnection, kafkaClient } from './kafkaClient.ts';
import { LogRanges } from './logRanges.ts';

/** Positions of the watched system's consumer groups, read from the broker. */
export class GroupOffsets implements LagSource {
  readonly #ranges: LogRanges;
  readonly #brokers: string;

  constructor(connection: KafkaConnection, logger: Logger) {
    this.#brokers = connection.brokers.join(', ');
    this.#ranges = new LogRanges(kafkaClient(connection, logger, { retry: { retries: 0 } }).admin());
  }

  async groupPositions(groupId: string, topics: readonly string[]): Promise<readonly GroupPosition[]> {
    const committed = await this.#committed(groupId, topics);
    const ranges = await this.#ranges.read(topics);
    return [...ranges].flatMap(([topic, partitions]) =>
      partitions.map(({ partition, low, high }) => {
        return { topic, partition, committed: committed.get(topic)?.get(partition) ?? null, low, high };
      }),
    );
  }

  /** The group's committed offsets as an applied position. */
  appliedBy(groupId: string): AppliedPositionSource {
    return {
      read: async (topic) => (await this.#committed(groupId, [topic])).get(topic) ?? new Map(),
    };
  }

  stop(): Promise<void> {
    return this.#ranges.stop();
  }

  async #committed(groupId: string, topics: readonly string[]): Promise<Map<string, Map<number, bigint>>> {
    try {
      const answer = await this.#ranges.use((admin) => admin.fetchOffsets({ groupId, topics: [...topics] }));
      return new Map(
        answer.map(({ topic, partitions }) => {
          const known = partitions.filter(({ offset }) => BigInt(offset) >= 0n);
          return [topic, new Map(known.map(({ partition, offset }) => [partition, BigInt(offset)]))];
        }),
      );
    } catch (error) {
      throw new BanyanError(
        'unavailable',
        `the offsets of group ${groupId} at ${this.#brokers} can't be read: ${messageOf(error)}`,
        {
          cause: error,
          fix: 'start the broker, or correct kafka.brokers; the role needs DESCRIBE on the group',
        },
      );
    }
  }
}
