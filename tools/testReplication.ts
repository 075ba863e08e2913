// A small, real pipeline for the tests of the verification: logical decoding of a source table, three partitions, facts
// in the store as the ingest writes them, and an applier that writes rows and its position in one transaction.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { CaptureFence } from '../lib/ports/captureFence.ts';

export interface TestReplicationOptions {
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly store: pg.Pool;
  readonly topic: string;
  readonly consumer: string;
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
}

const PARTITIONS = 3;
const FIELD = /(\w+)\[((?:[^\]]|\[\])+)\]:('(?:[^']|'')*'|[^\s]+)/g;

/** Replicates one table until stopped; faults are switched by its fields. */
export class TestReplication implements CaptureFence {
  /** No further event reaches the target. */
  applierPaused = false;
  /** Events of these keys are lost before Kafka. */
  readonly lostKeys = new Set<string>();
  /** Events of these keys are passed without being applied. */
  readonly skippedKeys = new Set<string>();

  readonly #options: TestReplicationOptions;
  readonly #source: pg.Client;
  readonly #target: pg.Client;
  readonly #slot: string;
  readonly #next = Array.from({ length: PARTITIONS }, () => 0n);
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

  async start(): Promise<void> {
    await Promise.all([this.#source.connect(), this.#target.connect()]);
    await this.#source.query(`select pg_create_logical_replication_slot($1, 'test_decoding')`, [this.#slot]);
    // What the applier writes carries an origin, so that capture of the other direction leaves it out.
    await this.#target.query('select pg_replication_origin_create($1)', [this.#slot]);
    await this.#target.query('select pg_replication_origin_session_setup($1)', [this.#slot]);
    await this.#target.query(
      'create table if not exists applied_offset (topic text, partition int, next_offset bigint, primary key (topic, partition))',
    );
    for (let part = 0; part < PARTITIONS; part += 1) {
      await this.#options.store.query(
        `insert into ingest_offset (consumer, topic, part, next_offset, epoch, owner) values ($1, $2, $3, 0, 1, 'test')`,
        [this.#options.consumer, this.#options.topic, part],
      );
    }
    this.#loops = [
      this.#repeat(() => {
        this.#capturing = this.#capture();
        return this.#capturing;
      }),
      this.#repeat(() => this.#apply()),
    ];
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#loops);
    await this.#source.query('select pg_drop_replication_slot($1)', [this.#slot]);
    await this.#target.query('select pg_replication_origin_session_reset()');
    await this.#target.query('select pg_replication_origin_drop($1)', [this.#slot]);
    await Promise.all([this.#source.end(), this.#target.end()]);
  }

  async exists(): Promise<boolean> {
    return true;
  }

  async isPast(lsn: bigint): Promise<boolean> {
    return !this.#capturePaused && this.#past >= lsn;
  }

  /** From when this resolves, no further event reaches Kafka. */
  async pauseCapture(): Promise<void> {
    this.#capturePaused = true;
    await this.#capturing;
  }

  resumeCapture(): void {
    this.#capturePaused = false;
  }

  /** Changes that wait to be applied. */
  get backlog(): number {
    return this.#queue.length;
  }

  /** Resolves when everything committed by now has been applied. */
  async drained(): Promise<void> {
    const { rows } = await this.#options.store.query("select pg_current_wal_flush_lsn() - '0/0'::pg_lsn as lsn");
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
      `select lsn - '0/0'::pg_lsn as lsn, xid::text as xid, data from pg_logical_slot_get_changes($1, null, null, 'only-local', 'on')`,
      [this.#slot],
    );
    const changes: Change[] = [];
    const events: unknown[][] = [];
    for (const row of rows) {
      const data: string = row.data;
      if (data.startsWith('COMMIT')) this.#lastCommit = BigInt(row.lsn);
      const match = /^table (\S+): (INSERT|UPDATE|DELETE): (.*)$/s.exec(data);
      if (match?.[1] !== this.#options.sourceTable) continue;
      const fields = fieldsOf(match[3] ?? '');
      const key = fields[this.#options.key] ?? '';
      if (this.lostKeys.has(key)) continue;
      const part = Number(
        BigInt(key.length + [...key].reduce((sum, c) => sum * 31 + c.charCodeAt(0), 7)) % BigInt(PARTITIONS),
      );
      const offset = this.#next[part] ?? 0n;
      this.#next[part] = offset + 1n;
      const after = match[2] === 'DELETE' ? null : fields;
      const op = match[2] === 'INSERT' ? 'c' : match[2] === 'UPDATE' ? 'u' : 'd';
      changes.push({ key, part, offset, after });
      const image =
        after === null
          ? null
          : JSON.stringify(Object.fromEntries(this.#options.columns.map((c) => [c, after[c] ?? null])));
      events.push([
        this.#options.topic,
        JSON.stringify([key]),
        part,
        offset,
        op,
        BigInt(row.xid),
        this.#lastCommit,
        BigInt(row.lsn),
        Date.now() * 1000,
        image,
      ]);
    }
    await this.#count(events);
    this.#queue.push(...changes);
    this.#past = BigInt(at[0].lsn);
  }

  async #count(events: readonly unknown[][]): Promise<void> {
    const client = await this.#options.store.connect();
    try {
      await client.query('begin');
      for (const event of events) {
        await client.query(
          `insert into key_event (topic, key, part, "offset", op, tx_id, commit_lsn, lsn, source_ts_us, after)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           on conflict (topic, key) do update set part = excluded.part, "offset" = excluded."offset", op = excluded.op,
             tx_id = excluded.tx_id, commit_lsn = excluded.commit_lsn, lsn = excluded.lsn,
             source_ts_us = excluded.source_ts_us, after = excluded.after`,
          event,
        );
      }
      for (const [part, next] of this.#next.entries()) {
        await client.query(
          'update ingest_offset set next_offset = $3, caught_up_at = now() where topic = $1 and part = $2',
          [this.#options.topic, part, next],
        );
      }
      await client.query('commit');
    } finally {
      client.release();
    }
  }

  async #apply(): Promise<void> {
    if (this.applierPaused) return;
    const batch = this.#queue.slice(0, 20);
    for (const change of batch) {
      await this.#target.query('begin');
      if (!this.skippedKeys.has(change.key)) await this.#write(change);
      await this.#target.query(
        `insert into applied_offset values ($1, $2, $3)
         on conflict (topic, partition) do update set next_offset = excluded.next_offset`,
        [this.#options.topic, change.part, change.offset + 1n],
      );
      await this.#target.query('commit');
    }
    this.#queue = this.#queue.slice(batch.length);
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

function fieldsOf(text: string): Record<string, string | null> {
  const fields: Record<string, string | null> = {};
  for (const [, name = '', , value = ''] of text.matchAll(FIELD)) {
    fields[name] = value === 'null' ? null : value.startsWith("'") ? value.slice(1, -1).replaceAll("''", "'") : value;
  }
  return fields;
}
