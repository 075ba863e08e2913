import pg from 'pg';
import { patiently } from './patiently.ts';
import type { RigEvent, RigPosition } from './rigEvent.ts';
import type { RigTable } from './rigTable.ts';

export interface RigApplierSessionOptions {
  readonly databaseUrl: string;
  readonly topic: string;
  readonly into: string;
  readonly table: RigTable;
  readonly updates?: readonly string[];
  readonly origin: string;
}

/** Where the applier stands in one partition, and which event it counted last. */
export interface AppliedState {
  readonly next: bigint;
  readonly counted: RigPosition | null;
  /** Keys of the events at exactly that position. */
  readonly keys: readonly string[];
}

/** Where every rig keeps its applied positions; `topic`, `partition` and `next_offset` are what Banyan reads. */
export const APPLIED_OFFSET = `create table applied_offset (topic text, partition int, next_offset bigint not null,
  commit_lsn numeric, lsn numeric, keys text[] not null default '{}', primary key (topic, partition))`;

/** The applier's one connection, under a replication origin; made again after it was ended. */
export class RigApplierSession {
  readonly #options: RigApplierSessionOptions;
  readonly #write: { readonly remove: string; readonly put: string };
  readonly #states = new Map<number, AppliedState>();
  #client: Promise<pg.Client> | null = null;

  constructor(options: RigApplierSessionOptions) {
    this.#options = options;
    this.#write = statements(options);
  }

  async position(partition: number): Promise<AppliedState> {
    const known = this.#states.get(partition);
    if (known !== undefined) return known;
    const { rows } = await (await this.#connected()).query(
      'select next_offset, commit_lsn, lsn, keys from applied_offset where topic = $1 and partition = $2',
      [this.#options.topic, partition],
    );
    const row = rows[0];
    const state: AppliedState = {
      next: BigInt(row?.next_offset ?? 0),
      counted:
        row === undefined || row.lsn === null ? null : { commitLsn: BigInt(row.commit_lsn), lsn: BigInt(row.lsn) },
      keys: row?.keys ?? [],
    };
    this.#states.set(partition, state);
    return state;
  }

  /** Rows and position in one transaction; with `crash` the server ends the session before the commit. */
  async write(partition: number, events: readonly RigEvent[], state: AppliedState, crash = false): Promise<void> {
    const client = await this.#connected();
    const texts = (wanted: boolean) => events.filter(({ op }) => (op === 'd') === wanted).map(({ text }) => text);
    await client.query('begin');
    await client.query(this.#write.remove, [texts(true)]);
    await client.query(this.#write.put, [texts(false)]);
    await client.query(
      `insert into applied_offset values ($1, $2, $3, $4, $5, $6) on conflict (topic, partition) do update
         set next_offset = excluded.next_offset, commit_lsn = excluded.commit_lsn, lsn = excluded.lsn, keys = excluded.keys`,
      [this.#options.topic, partition, state.next, state.counted?.commitLsn, state.counted?.lsn, state.keys],
    );
    if (crash) await client.query('select pg_terminate_backend(pg_backend_pid())');
    await client.query('commit');
    this.#states.set(partition, state);
  }

  async end(): Promise<void> {
    const connecting = this.#client;
    this.#client = null;
    this.#states.clear();
    const client = await connecting?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  #connected(): Promise<pg.Client> {
    // The server may still be ending the session before, which holds the origin.
    this.#client ??= patiently('the applier has a session under its origin', () => this.#open());
    return this.#client;
  }

  async #open(): Promise<pg.Client | undefined> {
    const client = new pg.Client({ connectionString: this.#options.databaseUrl, application_name: 'rig applier' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select pg_replication_origin_session_setup($1)', [this.#options.origin]);
      return client;
    } catch {
      await client.end().catch(() => undefined);
      return undefined;
    }
  }
}

/** The values go from the event's text to the row without passing through JavaScript's numbers. */
function statements({ into, table, updates }: RigApplierSessionOptions): { remove: string; put: string } {
  const { key, columns } = table;
  const names = Object.keys(columns).map((name) => `"${name}"`);
  const record = names.map((name) => `${name} text`).join(', ');
  const cast = (name: string) => `r."${name}"::${columns[name]}`;
  const others = updates ?? Object.keys(columns).filter((name) => !key.includes(name));
  const update =
    others.length === 0 ? 'nothing' : `update set ${others.map((name) => `"${name}" = excluded."${name}"`).join(', ')}`;
  return {
    remove: `delete from "${into}" t using unnest($1::text[]) v, json_to_record(v::json->'before') as r(${record})
      where ${key.map((name) => `t."${name}" = ${cast(name)}`).join(' and ')}`,
    put: `insert into "${into}" (${names.join(', ')})
      select ${Object.keys(columns).map(cast).join(', ')}
      from unnest($1::text[]) v, json_to_record(v::json->'after') as r(${record})
      on conflict (${key.map((name) => `"${name}"`).join(', ')}) do ${update}`,
  };
}
