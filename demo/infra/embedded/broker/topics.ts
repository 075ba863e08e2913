import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PartitionLog } from './partitionLog.ts';
import { retentionBytes } from './topicConfig.ts';

export interface Topic {
  readonly name: string;
  readonly config: Map<string, string>;
  readonly partitions: PartitionLog[];
}

export interface TopicsOptions {
  readonly dataDir?: string | undefined;
  /** Bytes kept per partition at most. */
  readonly retentionBytes: number;
  readonly segmentBytes: number;
}

const storedTopics = z.object({
  topics: z.array(
    z.object({ name: z.string(), config: z.record(z.string(), z.string()), logStarts: z.array(z.string()) }),
  ),
});

const MAX_NAME_LENGTH = 249;

/** Whether Kafka would take this as a topic's name. */
export const isTopicName = (name: string): boolean =>
  /^[a-zA-Z0-9._-]+$/.test(name) && name !== '.' && name !== '..' && name.length <= MAX_NAME_LENGTH;

/** All topics with their logs; with a data folder, `topics.json` and the segments are found again by the next start. */
export class Topics {
  private readonly options: TopicsOptions;
  private readonly byName = new Map<string, Topic>();

  constructor(options: TopicsOptions) {
    this.options = options;
    if (options.dataDir === undefined) return;
    mkdirSync(options.dataDir, { recursive: true });
    if (!existsSync(this.file(options.dataDir))) return;
    const stored = storedTopics.parse(JSON.parse(readFileSync(this.file(options.dataDir), 'utf8')));
    for (const { name, config, logStarts } of stored.topics) {
      const topic: Topic = { name, config: new Map(Object.entries(config)), partitions: [] };
      for (const start of logStarts) this.addPartition(topic, BigInt(start));
      this.byName.set(name, topic);
    }
  }

  all(): Topic[] {
    return [...this.byName.values()];
  }

  get(name: string): Topic | undefined {
    return this.byName.get(name);
  }

  partition(name: string, partition: number): PartitionLog | undefined {
    return this.byName.get(name)?.partitions[partition];
  }

  create(name: string, partitionCount: number, config: ReadonlyMap<string, string>): void {
    const topic: Topic = { name, config: new Map(config), partitions: [] };
    for (let i = 0; i < partitionCount; i++) this.addPartition(topic, 0n);
    this.byName.set(name, topic);
    this.store();
  }

  grow(topic: Topic, partitionCount: number): void {
    while (topic.partitions.length < partitionCount) this.addPartition(topic, 0n);
    this.store();
  }

  configure(topic: Topic, config: ReadonlyMap<string, string>): void {
    topic.config.clear();
    for (const [name, value] of config) topic.config.set(name, value);
    this.store();
  }

  delete(name: string): boolean {
    const topic = this.byName.get(name);
    if (topic === undefined) return false;
    this.byName.delete(name);
    this.store();
    for (const partition of topic.partitions) partition.remove();
    const folder = this.folder(name);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    return true;
  }

  close(): void {
    for (const topic of this.byName.values()) for (const partition of topic.partitions) partition.close();
  }

  private addPartition(topic: Topic, logStart: bigint): void {
    const folder = this.folder(topic.name);
    const log = new PartitionLog(
      {
        folder: folder === undefined ? undefined : join(folder, String(topic.partitions.length)),
        retentionBytes: () => retentionBytes(topic.config, this.options.retentionBytes),
        segmentBytes: this.options.segmentBytes,
        onLogStart: () => this.store(),
      },
      logStart,
    );
    topic.partitions.push(log);
  }

  private folder(name: string): string | undefined {
    return this.options.dataDir === undefined ? undefined : join(this.options.dataDir, 'topics', name);
  }

  private file(dataDir: string): string {
    return join(dataDir, 'topics.json');
  }

  private store(): void {
    const { dataDir } = this.options;
    if (dataDir === undefined) return;
    const topics = this.all().map(({ name, config, partitions }) => ({
      name,
      config: Object.fromEntries(config),
      logStarts: partitions.map(({ logStart }) => String(logStart)),
    }));
    const file = this.file(dataDir);
    writeFileSync(`${file}.new`, JSON.stringify({ topics }));
    renameSync(`${file}.new`, file);
  }
}
