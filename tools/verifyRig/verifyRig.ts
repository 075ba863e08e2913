// A small estate under the tests' control, with no mocks in it: two PostgreSQL databases with a capture, a broker and an
// applier between them, one way or both, and Banyan's store beside them.
import { randomBytes } from 'node:crypto';
import {
  commandConnector,
  connectorStatus,
  overallState,
  putConnector,
  waitUntilRunning,
} from '../../demo/infra/connectRest.ts';
import { postgresConnector } from '../../demo/infra/postgresConnector.ts';
import { ensureTopics, withAdmin } from '../../demo/infra/topics.ts';
import { ConnectClient } from '../../lib/adapters/connect/connectClient.ts';
import { patiently } from './patiently.ts';
import { RigApplier } from './rigApplier.ts';
import { APPLIED_OFFSET } from './rigApplierSession.ts';
import { createRigDatabase, dropRigDatabase, onServer, type RigDatabase } from './rigDatabase.ts';
import type { RigEvent } from './rigEvent.ts';
import type { RigStreaming } from './rigStreaming.ts';
import { createTable, FILL_STOCK, type RigTable, STOCK } from './rigTable.ts';
import { RigTap } from './rigTap.ts';

export interface VerifyRigOptions {
  readonly streaming: RigStreaming;
  /** Superuser's URL of the PostgreSQL server, which runs with wal_level=logical. */
  readonly postgresUrl: string;
  /** The stock unless given. */
  readonly table?: RigTable;
  /** Rows 1..n of the stock at the start; none unless given. */
  readonly rows?: number | undefined;
  /** Runs on the source before it is captured. */
  readonly prepare?: string;
  /** Columns that the appliers write of a row that is there already; all unless given. */
  readonly updates?: readonly string[];
  /** The way back, with the rows that the target owns. */
  readonly back?: RigBack;
}

export interface RigBack {
  /** `any`: the way back captures what the applier wrote as well. */
  readonly origin: 'none' | 'any';
  /** Keys whose changes come from the target, both bounds included; none if null. */
  readonly ownedByTarget: { readonly from: number; readonly to: number } | null;
}

const PARTITIONS = 3;
const HEARTBEAT =
  'create table cdc_heartbeat (id int primary key, ts timestamptz not null); insert into cdc_heartbeat values (1, now())';

/** A connector, its topic, and the applier on the other side. */
interface Flow {
  readonly connector: string;
  readonly topic: string;
  readonly from: RigDatabase;
  readonly to: RigDatabase;
  readonly applier: RigApplier;
}

export class VerifyRig {
  readonly id = `rig_${randomBytes(4).toString('hex')}`;
  readonly table: RigTable;
  readonly streaming: RigStreaming;
  readonly postgresUrl: string;
  readonly #options: VerifyRigOptions;
  readonly #databases: RigDatabase[] = [];
  readonly #origins: string[] = [];
  readonly #flows: Flow[] = [];
  #tap: RigTap | null = null;
  #lossOrigin = '';

  private constructor(options: VerifyRigOptions) {
    this.#options = options;
    this.table = options.table ?? STOCK;
    this.streaming = options.streaming;
    this.postgresUrl = options.postgresUrl;
  }

  /** Builds the estate and resolves when its first rows have reached the target. */
  static async start(options: VerifyRigOptions): Promise<VerifyRig> {
    const rig = new VerifyRig(options);
    try {
      await rig.#build();
    } catch (error) {
      await rig.stop();
      throw error;
    }
    return rig;
  }

  get source(): RigDatabase {
    return this.#database(0);
  }

  get target(): RigDatabase {
    return this.#database(1);
  }

  get store(): RigDatabase {
    return this.#database(2);
  }

  get forward(): Flow {
    return this.#flow(0);
  }

  /** @throws where the rig has no way back. */
  get backward(): Flow {
    return this.#flow(1);
  }

  get isTwoWay(): boolean {
    return this.#flows.length > 1;
  }

  get ownedByTarget(): RigBack['ownedByTarget'] {
    return this.#options.back?.ownedByTarget ?? null;
  }

  get applier(): RigApplier {
    return this.forward.applier;
  }

  /** Reads along the source's topic. */
  get tap(): RigTap {
    if (this.#tap === null) throw new Error('the rig has not started');
    return this.#tap;
  }

  /** An origin on the source: what is written under it is not captured. */
  get lossOrigin(): string {
    return this.#lossOrigin;
  }

  async #createOrigin(database: RigDatabase, name: string): Promise<string> {
    const origin = `${this.id}_${name}`;
    await database.pool.query('select pg_replication_origin_create($1)', [origin]);
    this.#origins.push(origin);
    return origin;
  }

  /** Resolves when all that is committed by now has been captured and applied, both ways. The writers must be still. */
  async drained(withinMs?: number): Promise<void> {
    for (const flow of [...this.#flows, ...this.#flows.slice(0, 1)]) {
      await this.captured(flow, withinMs);
      await this.applied(flow, withinMs);
    }
  }

  /** Resolves when all that is in Kafka by now has been applied. */
  async applied(flow: Flow = this.forward, withinMs?: number): Promise<void> {
    const ends = await this.ends(flow);
    await patiently(
      `${flow.topic} applied`,
      async () => {
        const { rows } = await flow.to.pool.query(
          'select partition, next_offset from applied_offset where topic = $1',
          [flow.topic],
        );
        const next = new Map(rows.map((row) => [Number(row.partition), BigInt(row.next_offset)]));
        return [...ends].every(([partition, end]) => (next.get(partition) ?? 0n) >= end) ? true : undefined;
      },
      withinMs,
    ).catch((error: unknown) => {
      throw new Error(String(error), { cause: flow.applier.lastError });
    });
  }

  /**
   * Adds partitions to the source's topic while capture stands still and all that it sent is applied: else a key's newer
   * change could be applied before an older one. The source is written on meanwhile.
   */
  async addPartitions(count: number): Promise<void> {
    const { topic } = this.forward;
    await this.command('stop');
    await this.applied();
    const { size } = await this.ends();
    const topicPartitions = [{ topic, count: size + count }];
    await withAdmin(this.streaming.kafka, (admin) => admin.createPartitions({ topicPartitions }));
    await this.command('resume');
  }

  /** Resolves when all that is committed on the source by now is in Kafka. */
  async captured(flow: Flow = this.forward, withinMs?: number): Promise<void> {
    const { rows } = await flow.from.pool.query(`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as lsn`);
    const lsn = BigInt(rows[0].lsn);
    const connect = new ConnectClient({ url: this.streaming.connectUrl });
    await patiently(
      `connector ${flow.connector} past ${lsn}`,
      async () => (BigInt((await connect.committedLsn(flow.connector)) ?? 0) > lsn ? true : undefined),
      withinMs,
    );
  }

  /** End of each partition of the flow's topic. */
  async ends({ topic }: Flow = this.forward): Promise<ReadonlyMap<number, bigint>> {
    return withAdmin(this.streaming.kafka, async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
    });
  }

  /** Stops a connector, or lets it go on. */
  async command(command: 'stop' | 'resume', { connector } = this.forward): Promise<void> {
    const { connectUrl } = this.streaming;
    await commandConnector(connectUrl, connector, command);
    const wanted = command === 'stop' ? 'STOPPED' : 'RUNNING';
    await patiently(`connector ${connector} ${wanted}`, async () =>
      overallState(await connectorStatus(connectUrl, connector)) === wanted ? true : undefined,
    );
  }

  async stop(): Promise<void> {
    await this.#tap?.stop();
    for (const { applier, connector } of this.#flows) {
      await applier.stop();
      await fetch(`${this.streaming.connectUrl}/connectors/${connector}`, { method: 'DELETE' }).catch(() => undefined);
    }
    for (const database of this.#databases) await dropRigDatabase(this.postgresUrl, database);
    await onServer(this.postgresUrl, (client) =>
      client.query('select pg_replication_origin_drop(roname) from pg_replication_origin where roname = any($1)', [
        this.#origins,
      ]),
    );
  }

  async #build(): Promise<void> {
    const { table } = this;
    for (const name of ['source', 'target', 'store']) {
      this.#databases.push(await createRigDatabase(this.postgresUrl, `${this.id}_${name}`));
    }
    await this.source.pool.query(`${createTable(table.source, table)}; ${HEARTBEAT}; ${APPLIED_OFFSET}`);
    await this.target.pool.query(`${createTable(table.target, table)}; ${HEARTBEAT}; ${APPLIED_OFFSET}`);
    if (this.#options.prepare !== undefined) await this.source.pool.query(this.#options.prepare);
    if (this.#options.rows !== undefined) await this.source.pool.query(FILL_STOCK, [1, this.#options.rows]);
    this.#lossOrigin = await this.#createOrigin(this.source, 'loss');
    const { back } = this.#options;
    const range = back?.ownedByTarget ?? null;
    const owned = (key: string) => range !== null && Number(key) >= range.from && Number(key) <= range.to;
    // Rows of the first copy are nobody's changes: the target gets those that it owns, too.
    await this.#openFlow('there', 'source', back?.origin ?? 'none', ({ op, key }) => op === 'r' || !owned(key));
    this.#tap = new RigTap(this.streaming.kafka, this.forward.topic, () => true);
    await this.#tap.start();
    await this.drained();
    if (back !== undefined) {
      await this.#openFlow('back', 'target', back.origin, ({ key }) => owned(key));
      await this.drained();
    }
  }

  async #openFlow(
    name: 'there' | 'back',
    side: 'source' | 'target',
    origin: 'none' | 'any',
    follows: (event: RigEvent) => boolean,
  ): Promise<void> {
    const { kafka, connectUrl } = this.streaming;
    const other = side === 'source' ? 'target' : 'source';
    const [from, to] = [this[side], this[other]];
    const connector = `${this.id}_${name}`;
    const topic = `${connector}.public.${this.table[side]}`;
    await ensureTopics(kafka, [
      { topic, partitions: PARTITIONS, compacted: false },
      { topic: `${connector}.public.cdc_heartbeat`, partitions: 1, compacted: false },
      { topic: `__debezium-heartbeat.${connector}`, partitions: 1, compacted: false },
    ]);
    const applier = new RigApplier({
      kafka,
      topic,
      groupId: `applier-${connector}`,
      databaseUrl: to.url,
      into: this.table[other],
      table: this.table,
      ...(this.#options.updates && { updates: this.#options.updates }),
      origin: await this.#createOrigin(to, name),
      follows,
    });
    this.#flows.push({ connector, topic, from, to, applier });
    const tables = [`public.${this.table[side]}`, 'public.cdc_heartbeat'];
    const pace = { heartbeatEveryMs: 300, retryAfterMs: 500 };
    const config = postgresConnector({ name: connector, databaseUrl: from.url, tables, origin, ...pace });
    await putConnector(connectUrl, connector, config);
    await waitUntilRunning(connectUrl, connector);
    await applier.start();
  }

  #database(index: number): RigDatabase {
    const database = this.#databases[index];
    if (database === undefined) throw new Error('the rig has not started');
    return database;
  }

  #flow(index: number): Flow {
    const flow = this.#flows[index];
    if (flow === undefined) throw new Error('the rig has no such direction');
    return flow;
  }
}
