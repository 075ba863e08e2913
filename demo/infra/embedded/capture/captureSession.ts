import type { Admin, Producer } from 'kafkajs';
import type pg from 'pg';
import { LogicalReplicationService } from 'pg-logical-replication';
import { z } from 'zod';
import { CaptureFailure } from './captureFailure.ts';
import type { CaptureRecord } from './captureRecord.ts';
import { changeRecords, type RowChange } from './changeRecords.ts';
import { clockUs } from './clockUs.ts';
import type { ConnectorConfig } from './connectorConfig.ts';
import { clientConfig, connect } from './databaseClient.ts';
import { formatLsn, parseLsn } from './lsn.ts';
import type { PgoutputMessage } from './pgoutputMessage.ts';
import { PgoutputPlugin } from './pgoutputPlugin.ts';
import { type CapturedTable, ensurePublication, findTables } from './publication.ts';
import { RecordSink } from './recordSink.ts';
import { createSlot, slotExists } from './replicationSlot.ts';
import { snapshotTables } from './snapshotTables.ts';
import type { SourceOffset, SourceOffsetFile } from './sourceOffset.ts';
import { alignTo, describeTable, type TableDescription } from './tableDescription.ts';

export interface SessionOptions {
  readonly config: ConnectorConfig;
  readonly offsets: SourceOffsetFile;
  readonly producer: Producer;
  readonly admin: Admin;
  readonly runId: string;
  /** The slot may be made, and the tables read again, only when the connector starts: later its loss is a failure. */
  readonly mayStartOver: boolean;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
}

/** An offset, and the log position up to which the database need not keep anything for this connector. */
interface Position {
  readonly offset: SourceOffset;
  readonly doneLsn: bigint;
}

interface Transaction {
  readonly commitUs: bigint;
  readonly xid: bigint;
  /** The replication origin that it was written under. */
  readonly origin: { readonly name: string; readonly lsn: bigint } | null;
}

const COMMIT_EVERY_MS = 100;
const STATUS_EVERY_MS = 1000;
const currentXid = z.array(z.object({ xid: z.string(), lsn: z.string() })).length(1);

/** One connection's worth of capturing: snapshot if there is no offset, then the stream until stopped or broken. */
export class CaptureSession {
  private readonly options: SessionOptions;
  private readonly sink: RecordSink<Position>;
  private readonly headers: Record<string, string>;
  private readonly tables = new Map<number, TableDescription>();
  private readonly service: LogicalReplicationService;
  private readonly plugin: PgoutputPlugin;
  private readonly failed: Promise<never>;
  private fail: (error: unknown) => void = () => undefined;
  private position: Position | undefined;
  private acknowledged: Position | undefined;
  private committedLsn = 0n;
  private transaction: Transaction | undefined;
  private handledCount = 0;
  private idle: { readonly lsn: bigint; readonly after: number } | undefined;

  constructor(options: SessionOptions) {
    this.options = options;
    const { config, producer, admin, runId } = options;
    this.headers = {
      '__debezium.context.connectorLogicalName': config.topicPrefix,
      '__debezium.context.taskId': '0',
      '__debezium.context.connectorName': 'postgresql',
      '__debezium.context.runId': runId,
    };
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => undefined);
    this.sink = new RecordSink<Position>(producer, admin, {
      onAcknowledged: (position) => {
        this.acknowledged = position;
      },
      onError: (error) => this.fail(error),
    });
    this.plugin = new PgoutputPlugin({ publication: config.publication, origin: config.origin });
    this.service = new LogicalReplicationService(clientConfig(config), {
      acknowledge: { auto: false, timeoutSeconds: 0 },
      flowControl: { enabled: true },
    });
  }

  /** Resolves when the signal is given, rejects when anything breaks. */
  async run(): Promise<void> {
    const { config, signal } = this.options;
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const catalogue = await connect(config);
    const timers: NodeJS.Timeout[] = [];
    try {
      const captured = await findTables(catalogue, config);
      await ensurePublication(catalogue, config, captured);
      await Promise.race([this.ensureOffset(catalogue, captured), this.failed]);
      const ended = this.stream(catalogue);
      timers.push(setInterval(() => this.commit(), COMMIT_EVERY_MS));
      timers.push(setInterval(() => void this.reportDone(), STATUS_EVERY_MS));
      if (config.heartbeatIntervalMs > 0) {
        const beat = (): void => void this.heartbeat(catalogue).catch((error: unknown) => this.fail(error));
        timers.push(setInterval(beat, config.heartbeatIntervalMs));
      }
      await Promise.race([stopped, ended, this.failed]);
      if (!signal.aborted) throw new Error('the replication stream has ended');
      await this.sink.flush();
      this.commit();
    } finally {
      for (const timer of timers) clearInterval(timer);
      await this.service.destroy().catch(() => undefined);
      await catalogue.end().catch(() => undefined);
    }
  }

  private async ensureOffset(catalogue: pg.Client, captured: readonly CapturedTable[]): Promise<void> {
    const { config, offsets, mayStartOver } = this.options;
    const hasSlot = await slotExists(catalogue, config.slot);
    const offset = offsets.read();
    if (!hasSlot && !mayStartOver) throw new CaptureFailure(`replication slot ${config.slot} is gone`);
    if (hasSlot && offset !== undefined) {
      this.position = { offset, doneLsn: offset.commitLsn ?? 0n };
      return;
    }
    if (!hasSlot) {
      await createSlot(config, (exported, lsn) => this.snapshot(catalogue, captured, exported, lsn));
      return;
    }
    // The slot is there but not how far it was read: everything since is streamed again after a new snapshot.
    await this.snapshot(catalogue, captured, undefined, undefined);
  }

  private async snapshot(
    catalogue: pg.Client,
    tables: readonly CapturedTable[],
    exported: string | undefined,
    consistentPoint: bigint | undefined,
  ): Promise<void> {
    const { config, offsets, log } = this.options;
    const answer = await catalogue.query('select pg_current_xact_id() as xid, pg_current_wal_lsn() as lsn');
    const [now] = currentXid.parse(answer.rows);
    const txId = BigInt(now?.xid ?? '0');
    const lsn = consistentPoint ?? parseLsn(now?.lsn ?? '0/0');
    const offset: SourceOffset = { lsn, commitLsn: null, txId, atUs: clockUs(), messageType: null };
    const start: Position = { offset, doneLsn: 0n };
    log(`snapshot of ${tables.length} tables at ${formatLsn(lsn)}`);
    const emit = (records: readonly CaptureRecord[]) => this.sink.push(records, start);
    await snapshotTables({ config, tables, exported, lsn, txId, headers: this.headers, emit });
    await Promise.race([this.sink.flush(), this.failed]);
    offsets.write(offset);
    this.position = start;
  }

  private async stream(catalogue: pg.Client): Promise<void> {
    const { config } = this.options;
    this.service.on('error', (error: Error) => this.fail(error));
    this.service.on('data', async (lsn: string, message: PgoutputMessage) => {
      try {
        await this.handle(catalogue, parseLsn(lsn), message);
      } catch (error) {
        this.fail(error);
      }
    });
    this.service.on('heartbeat', (lsn: string, _time: number, shouldRespond: boolean) => {
      this.idle = { lsn: parseLsn(lsn), after: this.plugin.parsedCount };
      this.takeIdle();
      if (shouldRespond) void this.reportDone();
    });
    // 0/0 is the position that the slot has confirmed.
    const from = this.position?.offset.commitLsn ?? 0n;
    await this.service.subscribe(this.plugin, config.slot, formatLsn(from));
  }

  private async handle(catalogue: pg.Client, lsn: bigint, message: PgoutputMessage): Promise<void> {
    switch (message.tag) {
      case 'begin':
        this.transaction = { commitUs: message.commitUs, xid: BigInt(message.xid), origin: null };
        break;
      case 'origin':
        if (this.transaction !== undefined) this.transaction = { ...this.transaction, origin: message };
        break;
      case 'commit': {
        const { transaction } = this;
        this.transaction = undefined;
        await this.reach(
          [],
          {
            lsn: message.endLsn,
            commitLsn: message.endLsn,
            txId: transaction?.xid ?? null,
            atUs: transaction?.commitUs ?? null,
            messageType: 'COMMIT',
          },
          message.endLsn,
        );
        break;
      }
      case 'relation': {
        const { relation } = message;
        const described = await describeTable(catalogue, relation.oid, this.options.config.modes);
        this.tables.set(relation.oid, alignTo(relation, described));
        break;
      }
      case 'insert':
      case 'update':
      case 'delete':
        await this.emitChange(lsn, message);
        break;
      case 'other':
        break;
      default:
        message satisfies never;
    }
    this.handledCount += 1;
    this.takeIdle();
  }

  private emitChange(lsn: bigint, change: RowChange): Promise<void> | undefined {
    const { config } = this.options;
    const table = this.tables.get(change.oid);
    if (table === undefined || this.transaction === undefined)
      throw new CaptureFailure(`a change of the undescribed relation ${change.oid} at ${formatLsn(lsn)}`);
    const { xid, commitUs, origin } = this.transaction;
    const lastCommitLsn = this.position?.offset.commitLsn ?? null;
    const records = changeRecords(change, {
      table,
      source: {
        connector: config.topicPrefix,
        database: config.database.database,
        snapshot: 'false',
        lastCommitLsn,
        lsn,
        txId: xid,
        atUs: commitUs,
        origin,
      },
      modes: config.modes,
      headers: this.headers,
      nowUs: clockUs(),
    });
    const messageType = change.tag.toUpperCase();
    const offset = { lsn, commitLsn: lastCommitLsn, txId: xid, atUs: commitUs, messageType };
    return this.reach(records, offset, this.position?.doneLsn ?? 0n);
  }

  /** Between transactions, and once all that arrived before it is handled, the server's position is ours too. */
  private takeIdle(): void {
    const { idle, position } = this;
    if (idle === undefined || position === undefined || this.transaction !== undefined) return;
    if (this.handledCount < idle.after) return;
    this.idle = undefined;
    if (idle.lsn > position.offset.lsn) void this.reach([], { ...position.offset, lsn: idle.lsn }, idle.lsn);
  }

  private reach(records: readonly CaptureRecord[], offset: SourceOffset, doneLsn: bigint): Promise<void> | undefined {
    this.position = { offset, doneLsn };
    return this.sink.push(records, this.position);
  }

  /** Stores the newest acknowledged position; only what is stored is reported to the database as done. */
  private commit(): void {
    const { acknowledged } = this;
    if (acknowledged === undefined) return;
    this.acknowledged = undefined;
    this.options.offsets.write(acknowledged.offset);
    if (acknowledged.doneLsn > this.committedLsn) this.committedLsn = acknowledged.doneLsn;
    void this.reportDone();
  }

  private async reportDone(): Promise<void> {
    // The library adds one to what it is given.
    const lsn = this.committedLsn === 0n ? 0n : this.committedLsn - 1n;
    await this.service.acknowledge(formatLsn(lsn)).catch((error: unknown) => this.fail(error));
  }

  private async heartbeat(catalogue: pg.Client): Promise<void> {
    const { config } = this.options;
    if (config.heartbeatQuery !== undefined) await catalogue.query(config.heartbeatQuery);
    if (this.position === undefined) return;
    const record: CaptureRecord = {
      topic: `__debezium-heartbeat.${config.topicPrefix}`,
      key: JSON.stringify({ serverName: config.topicPrefix }),
      value: JSON.stringify({ ts_ms: Date.now() }),
      headers: {},
      partition: 0,
    };
    await this.sink.push([record], this.position);
  }
}
