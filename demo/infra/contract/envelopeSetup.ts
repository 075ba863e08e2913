import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { postgresConnector } from '../postgresConnector.ts';
import { ConnectClient } from './connectClient.ts';
import { ContractKafka, type Received } from './contractKafka.ts';
import type { Infrastructure } from './infrastructure.ts';
import { waitUntil } from './waitUntil.ts';

const COLUMNS = `id bigint primary key, sku text not null, price numeric(12,2), weight numeric, qty int not null,
  ratio double precision, active boolean, status text, tags text[], attrs jsonb, blob bytea, uid uuid,
  created_at timestamptz not null, local_ts timestamp, local_ts3 timestamp(3), d date, t time, iv interval, big bigint`;

const SCHEMA = `
  create schema inventory;
  create table inventory.product (${COLUMNS});
  create table inventory.product_full (${COLUMNS});
  alter table inventory.product_full replica identity full;
  create table inventory.doc (id int primary key, title text, body text);
  create table inventory.doc_full (id int primary key, title text, body text);
  alter table inventory.doc_full replica identity full;
  create table inventory.nopk (a int, b text);
  create table inventory.heartbeat (id int primary key, ts timestamptz not null);
  insert into inventory.heartbeat values (1, now());`;

/** The row of the recordings under another id. */
export const productRow = (
  id: string,
): string => `(${id}, 'SKU-1', 19.90, 1.5, 5, 0.1, true, 'active', '{a,"b,c",NULL}',
  '{"a": 1, "big": 9007199254740993}', '\\xdeadbeef', '7f3a0c3e-1f0e-4a52-9f6a-0c8f6a1b2c3d',
  '2026-01-02 03:04:05.678901+02', '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678', '2026-01-02',
  '03:04:05.678901', '1 day 02:03:04', 9007199254740993)`;

const TABLES = ['product', 'product_full', 'doc', 'doc_full', 'nopk', 'heartbeat'];

/** A database with tables of every kind, a running connector that captures it, and everything that it has sent. */
export class EnvelopeSetup {
  readonly name: string;
  readonly connect: ConnectClient;
  readonly kafka: ContractKafka;
  readonly received: Received[] = [];
  private readonly postgresUrl: string;
  private readonly client: pg.Client;

  private constructor(infrastructure: Infrastructure) {
    this.name = `fx_${randomBytes(4).toString('hex')}`;
    this.connect = new ConnectClient(infrastructure.connectUrl);
    this.kafka = new ContractKafka(infrastructure.brokers);
    this.postgresUrl = infrastructure.postgresUrl;
    this.client = new pg.Client(this.databaseUrl);
  }

  static async open(infrastructure: Infrastructure): Promise<EnvelopeSetup> {
    const setup = new EnvelopeSetup(infrastructure);
    await setup.asAdministrator(`create database ${setup.name}`);
    await setup.client.connect();
    await setup.sql(SCHEMA);
    await setup.sql(`insert into inventory.product values ${productRow('9007199254740993')}`);
    await setup.kafka.connect();
    const topics = [...TABLES.map((table) => setup.topicOf(table)), setup.heartbeatTopic];
    await setup.kafka.admin.createTopics({
      topics: topics.map((topic) => ({ topic, numPartitions: topic === setup.heartbeatTopic ? 1 : 3 })),
    });
    await setup.kafka.consume(setup.name, topics, setup.received);
    const answer = await setup.connect.call('PUT', `/connectors/${setup.name}/config`, setup.config());
    if (answer.status !== 201) throw new Error(`the connector was not made: ${answer.status} ${answer.text}`);
    await waitUntil('the end of the snapshot', () =>
      setup.received.some(({ message }) => message.value?.includes('"snapshot":"last"')) ? true : undefined,
    );
    return setup;
  }

  get heartbeatTopic(): string {
    return `__debezium-heartbeat.${this.name}`;
  }

  topicOf(table: string): string {
    return `${this.name}.inventory.${table}`;
  }

  config(): Record<string, string> {
    return {
      ...postgresConnector({
        name: this.name,
        databaseUrl: this.databaseUrl,
        tables: TABLES.map((table) => `inventory.${table}`),
        origin: 'none',
        heartbeatEveryMs: 500,
        retryAfterMs: 500,
      }),
      'binary.handling.mode': 'hex',
      'interval.handling.mode': 'string',
      'heartbeat.action.query': 'UPDATE inventory.heartbeat SET ts = now() WHERE id = 1',
    };
  }

  sql(text: string, values: unknown[] = []): Promise<pg.QueryResult> {
    return this.client.query(text, values);
  }

  /** Messages of a table, one partition after the other, each in its order. */
  of(table: string): Received[] {
    return this.received.filter(({ topic }) => topic === this.topicOf(table));
  }

  /** Messages of one key, in their order, once there are as many as asked for. */
  ofKey(table: string, key: string, count: number): Promise<Received[]> {
    return waitUntil(`${count} messages of ${table} ${key}, not ${this.of(table).length}`, () => {
      const found = this.of(table).filter(({ message }) => message.key?.toString() === key);
      return found.length >= count ? found : undefined;
    });
  }

  /** Resolves when everything committed up to now has been sent and received. */
  async settled(): Promise<void> {
    const { rows } = await this.sql("select (pg_current_wal_insert_lsn() - '0/0')::text as lsn");
    const now = BigInt(String(rows[0]?.lsn));
    await waitUntil('the committed offset past now', async () => {
      const lsn = await this.connect.committedLsn(this.name);
      return lsn !== undefined && lsn > now ? true : undefined;
    });
    for (const table of TABLES) {
      const topic = this.topicOf(table);
      const sent = (await this.kafka.admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
      await waitUntil(`all of ${topic}`, () => (this.of(table).length >= sent ? true : undefined));
    }
  }

  async close(): Promise<void> {
    await this.connect.call('DELETE', `/connectors/${this.name}`);
    await this.kafka.close();
    await this.client.end();
    await waitUntil('the slot is released', async () => {
      const slot = await this.asAdministrator(
        `select 1 from pg_replication_slots where slot_name = '${this.name}_slot' and active`,
      );
      return slot.rowCount === 0 ? true : undefined;
    });
    await this.asAdministrator(`select pg_drop_replication_slot('${this.name}_slot')`);
    await this.asAdministrator(`drop database ${this.name} with (force)`);
  }

  private get databaseUrl(): string {
    const url = new URL(this.postgresUrl);
    url.pathname = `/${this.name}`;
    return url.href;
  }

  private async asAdministrator(text: string): Promise<pg.QueryResult> {
    const client = new pg.Client(this.postgresUrl);
    await client.connect();
    try {
      return await client.query(text);
    } finally {
      await client.end();
    }
  }
}
