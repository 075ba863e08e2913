import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kafka } from 'kafkajs';
import { z } from 'zod';
import { Connector, type ConnectorState } from './connector.ts';
import { parseConnectorConfig, type RawConfig } from './connectorConfig.ts';
import { SourceOffsetFile } from './sourceOffset.ts';

const stored = z.array(
  z.object({
    name: z.string(),
    config: z.record(z.string(), z.string()),
    state: z.enum(['RUNNING', 'PAUSED', 'STOPPED']),
  }),
);

/** All connectors of this process; their configuration and state are found again after a restart. */
export class Connectors {
  private readonly kafka: Kafka;
  private readonly dataDir: string;
  private readonly log: (text: string) => void;
  private readonly byName = new Map<string, Connector>();

  constructor(kafka: Kafka, dataDir: string, log: (text: string) => void) {
    this.kafka = kafka;
    this.dataDir = dataDir;
    this.log = log;
    mkdirSync(dataDir, { recursive: true });
  }

  async restore(): Promise<void> {
    if (!existsSync(this.file)) return;
    for (const { name, config, state } of stored.parse(JSON.parse(readFileSync(this.file, 'utf8'))))
      await this.put(name, config, state);
  }

  names(): string[] {
    return [...this.byName.keys()];
  }

  get(name: string): Connector | undefined {
    return this.byName.get(name);
  }

  /** Creates or reconfigures; returns the problems of a configuration that can't be used. */
  async put(name: string, raw: RawConfig, state: ConnectorState = 'RUNNING'): Promise<readonly string[]> {
    const parsed = parseConnectorConfig(name, raw);
    if (!parsed.ok) return parsed.problems;
    const held = this.byName.get(name);
    await held?.end();
    const connector = new Connector({
      raw: { ...raw, name },
      config: parsed.config,
      kafka: this.kafka,
      offsets: held?.offsets ?? new SourceOffsetFile(this.dataDir, name),
      log: this.log,
    });
    this.byName.set(name, connector);
    await connector.become(held?.state ?? state);
    this.store();
    return [];
  }

  async setState(connector: Connector, state: ConnectorState): Promise<void> {
    await connector.become(state);
    this.store();
  }

  /** The offset stays, as in Connect: a connector made again under this name goes on from it. */
  async delete(name: string): Promise<void> {
    const connector = this.byName.get(name);
    this.byName.delete(name);
    this.store();
    await connector?.end();
  }

  async end(): Promise<void> {
    await Promise.all([...this.byName.values()].map((connector) => connector.end()));
  }

  private get file(): string {
    return join(this.dataDir, 'connectors.json');
  }

  private store(): void {
    const all = [...this.byName].map(([name, { raw, state }]) => ({ name, config: raw, state }));
    writeFileSync(`${this.file}.new`, JSON.stringify(all), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }
}
