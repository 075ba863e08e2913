// A small pipeline for the tests of the verification: logical decoding of a real source table, a log of three partitions or more
// in memory, and an applier that writes rows and its position in one transaction.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { CaptureFence } from '../lib/ports/captureFence.ts';
import type { EventSource, LogRange, SourceListener, SourceRecord } from '../lib/ports/eventSource.ts';
import { fieldsOf, partitionOf } from './testDecoding.ts';

export interface TestReplicationOptions {
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly topic: string;
  readonly sourceTable: string;
  readonly targetTable: string;
  readonly key: string;
  readonly columns: readonly string[];
}

interface Change {
  readonly key: string;
  readonly part: number;
  readonly offset: bigint;
  readonly after: Record<string, string | null> | null;
  /** Delivered before: its position is passed and nothing is written. */
  readonly isRepeat?: boolean;
}

/** At the start. */
const PARTITIONS = 3;

/** Replicates one table until stopped; faults are switched by its fields. */
export class TestReplication implements CaptureFence {
  /** The capture carries what an applier wrote as well: an origin filter is missing. */
  carriesApplied = false;
  /** No further event reaches the target. */
  applierPaused = false;
  /** Events of these keys are lost before Kafka. */
  readonly lostKeys = new Set<string>();
  /** Events of these keys are passed without being applied. */
  readonly skippedKeys = new Set<string>();
  /** Readers do not learn of added partitions, as a client whose metadata is not renewed. */
  hidesAdded = false;
  /** False: nothing is known of the connector's committed offset, and only events of a partition itself are a fence. */
  acknowledges = true;
  /** No record of these partitions reaches a reader. */
  readonly withheld = new Set<number>();
  /** Of each event captured from now on. */
  headers: Readonly<Record<string, string>> = {};
  /** The position is set over so many of the next events. */
  jumpOver = 0;
  /** Next offsets by partition as an applier commits them that writes its rows first: never past what is applied. */
  readonly committed = new Map<number, bigint>();

  readonly #options: TestReplicationOptions;
  readonly #source: pg.Client;
  readonly #target: pg.Client;
  readonly #slot: string;
  readonly #log: SourceRecord[][] = Array.from({ length: PARTITIONS }, () => []);
  /** By the next offset of each partition. */
  readonly #readers = new Map<number[], SourceListener>();
  #queue: Change[] = [];
  #capturePaused = false;
  #capturing: Promise<void> = Promise.resolve();
  #past = 0n;
  #lastCommit = 0n;
  #stopping = false;
  #loops: Promise<void>[] = [];

  constructor(options: TestReplicationOptions) {
    this.#options = options;
    this.#source = new pg.Client(options.sourceUrl);
    this.#target = new pg.Client(options.targetUrl);
    this.#slot = `test_${new URL(options.sourceUrl).pathname.slice(1)}`;
  }

  async open(): Promise<void> {
    await Promise.all([this.#source.connect(), this.#target.connect()]);
    await this.#source.query(`select pg_create_logical_replication_slot($1, 'test_decoding')`, [this.#slot]);
    // What the applier writes carries an origin, so that capture of the other direction leaves it out.
    await this.#target.query('select pg_replication_origin_create($1)', [this.#slot]);
    await this.#target.query('select pg_replication_origin_session_setup($1)', [this.#slot]);
    await this.#target.query(
      'create table if not exists applied_offset (topic text, partition int, next_offset bigint, primary key (topic, partition))',
    );
    this.#loops = [
      this.#repeat(() => {
        this.#capturing = this.#capture();
        return this.#capturing;
      }),
      this.#repeat(() => this.#apply()),
      this.#repeat(() => this.#deliver()),
    ];
  }

  async close(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#loops);
    await this.#source.query('select pg_drop_replication_slot($1)', [this.#slot]);
    await this.#target.query('select pg_replication_origin_session_reset()');
    await this.#target.query('select pg_replication_origin_drop($1)', [this.#slot]);
    await Promise.all([this.#source.end(), this.#target.end()]);
  }

  /** Reads the log as one member of a group of its own. */
  reader(): EventSource {
    const readers = this.#readers;
    const next: number[] = [];
    return {
      start: (_topics, listener) => {
        void this.#assign(next, listener).then(() => readers.set(next, listener));
      },
      seek: ({ partition }, offset) => {
        next[partition] = Number(offset);
      },
      halt: () => undefined,
      ranges: (topics) => this.ranges(topics),
      publishPositions: async () => undefined,
      stop: async () => void readers.delete(next),
    };
  }

  async ranges(topics: readonly string[]): Promise<ReadonlyMap<string, readonly LogRange[]>> {
    if (!topics.includes(this.topic)) return new Map();
    const ranges = this.#log.map((log, partition) => ({ partition, low: 0n, high: BigInt(log.length) }));
    return new Map([[this.topic, ranges]]);
  }

  /** Adds partitions to the topic: the next change of a key may go to another one than the last. */
  addPartitions(count: number): void {
    for (let i = 0; i < count; i += 1) this.#log.push([]);
  }

  /** Makes the topic anew, with nothing in it, while nothing is on its way; the applier begins again at its start. */
  async recreate(): Promise<void> {
    for (const log of this.#log) log.splice(0);
    await this.#target.query('delete from applied_offset where topic = $1', [this.topic]);
  }

  get partitions(): number {
    return this.#log.length;
  }

  get topic(): string {
    return this.#options.topic;
  }

  async exists(): Promise<boolean> {
    return true;
  }

  async isPast(lsn: bigint): Promise<boolean> {
    return this.acknowledges && !this.#capturePaused && this.#past >= lsn;
  }

  /** From when this resolves, no further event reaches Kafka. */
  async pauseCapture(): Promise<void> {
    this.#capturePaused = true;
    await this.#capturing;
  }

  resumeCapture(): void {
    this.#capturePaused = false;
  }

  /** Delivers the newest `count` records of each partition again, as a capture does that restarts; the applier drops them. */
  redeliver(count: number): void {
    for (const [part, log] of this.#log.entries()) {
      for (const record of log.slice(-count)) {
        const offset = BigInt(log.length);
        log.push({ ...record, offset });
        this.#queue.push({ key: String(record.key), part, offset, after: null, isRepeat: true });
      }
    }
  }

  /** Changes that wait to be applied. */
  get backlog(): number {
    return this.#queue.length;
  }

  /** Resolves when everything committed by now has been applied. */
  async drained(): Promise<void> {
    const client = new pg.Client(this.#options.sourceUrl);
    await client.connect();
    const { rows } = await client.query("select pg_current_wal_flush_lsn() - '0/0'::pg_lsn as lsn");
    await client.end();
    const lsn = BigInt(rows[0].lsn);
    while (this.#past < lsn || this.#queue.length > 0) {
      await sleep(5);
    }
  }

  async #repeat(step: () => Promise<void>): Promise<void> {
    while (!this.#stopping) {
      await step();
      await sleep(5);
    }
  }

  async #capture(): Promise<void> {
    if (this.#capturePaused) return;
    const { rows: at } = await this.#source.query(`select pg_current_wal_flush_lsn() - '0/0'::pg_lsn as lsn`);
    const { rows } = await this.#source.query(
      `select lsn - '0/0'::pg_lsn as lsn, xid::text as xid, data from pg_logical_slot_get_changes($1, null, null, 'only-local', $2)`,
      [this.#slot, this.carriesApplied ? 'off' : 'on'],
    );
    const changes: Change[] = [];
    const records: SourceRecord[][] = this.#log.map(() => []);
    for (const row of rows) {
      const data: string = row.data;
      if (data.startsWith('COMMIT')) this.#lastCommit = BigInt(row.lsn);
      const match = /^table (\S+): (INSERT|UPDATE|DELETE): (.*)$/s.exec(data);
      if (match?.[1] !== this.#options.sourceTable) continue;
      const fields = fieldsOf(match[3] ?? '');
      const key = fields[this.#options.key] ?? '';
      if (this.lostKeys.has(key)) continue;
      const part = partitionOf(key, this.#log.length);
      const own = records[part] ?? [];
      const offset = BigInt((this.#log[part]?.length ?? 0) + own.length);
      const after = match[2] === 'DELETE' ? null : fields;
      const op = match[2] === 'INSERT' ? 'c' : match[2] === 'UPDATE' ? 'u' : 'd';
      changes.push({ key, part, offset, after });
      const source = {
        ts_ms: Date.now(),
        snapshot: 'false',
        txId: Number(row.xid),
        sequence: JSON.stringify([this.#lastCommit === 0n ? null : String(this.#lastCommit), row.lsn]),
        schema: 'public',
        table: this.#options.sourceTable,
      };
      const value = JSON.stringify({ op, before: after === null ? fields : null, after, source, ts_ms: Date.now() });
      const { headers } = this;
      own.push({ offset, timestampMs: Date.now(), key: Buffer.from(key), value: Buffer.from(value), headers });
    }
    for (const [part, own] of records.entries()) this.#log[part]?.push(...own);
    this.#queue.push(...changes);
    this.#past = BigInt(at[0].lsn);
  }

  async #deliver(): Promise<void> {
    for (const [next, listener] of this.#readers) {
      if (next.length < this.#log.length && !this.hidesAdded) await this.#assign(next, listener);
      for (const [partition, from] of next.entries()) {
        const log = this.#log[partition] ?? [];
        if (from >= log.length || this.withheld.has(partition)) continue;
        next[partition] = log.length;
        const end = BigInt(log.length);
        const { topic } = this.#options;
        await listener.batch({
          topic,
          partition,
          records: log.slice(from),
          readFrom: BigInt(from),
          nextOffset: end,
          highWatermark: end,
        });
      }
    }
  }

  async #assign(next: number[], listener: SourceListener): Promise<void> {
    const partitions = this.#log.map((_, partition) => ({ topic: this.topic, partition }));
    const starts = await listener.assigned(partitions);
    next.splice(0, next.length, ...starts.map(({ offset }) => Number(offset ?? 0n)));
  }

  async #apply(): Promise<void> {
    if (this.applierPaused) return;
    const batch = this.#queue.slice(0, 20);
    for (const change of batch) {
      await this.#target.query('begin');
      const isJumped = this.jumpOver > 0;
      if (isJumped) this.jumpOver -= 1;
      const isWritten = !isJumped && change.isRepeat !== true && !this.skippedKeys.has(change.key);
      if (isWritten) await this.#write(change);
      await this.#target.query(
        `insert into applied_offset values ($1, $2, $3)
         on conflict (topic, partition) do update set next_offset = excluded.next_offset`,
        [this.#options.topic, change.part, change.offset + 1n],
      );
      await this.#target.query('commit');
    }
    this.#queue = this.#queue.slice(batch.length);
    for (const { part, offset } of batch) this.committed.set(part, offset + 1n);
  }

  async #write({ key, after }: Change): Promise<void> {
    const { targetTable, key: keyColumn, columns } = this.#options;
    if (after === null) {
      await this.#target.query(`delete from ${targetTable} where ${keyColumn}::text = $1`, [key]);
      return;
    }
    const names = [keyColumn, ...columns];
    await this.#target.query(
      `insert into ${targetTable} (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')})
       on conflict (${keyColumn}) do update set ${columns.map((c) => `${c} = excluded.${c}`).join(', ')}`,
      names.map((name) => after[name] ?? null),
    );
  }
}
