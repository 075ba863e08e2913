import pg from 'pg';
import { z } from 'zod';
import type { CanaryTable, PlannedCanary } from '../../core/consistency/canaryPlan.ts';
import { keyValues } from '../../core/consistency/keyText.ts';
import type { TableMapping } from '../../core/migration/definition.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import type { CanaryRows, PlantedRow, RestoreOutcome } from '../../ports/canaryRows.ts';
import { canaryTable, type TargetColumn, targetColumns } from './canaryColumns.ts';
import { sessionOptions, TEXT_SETTINGS } from './sourceDatabase.ts';
import { Parameters } from './tablePlan.ts';

export interface CanaryConnection {
  /** Where it stands in the configuration; messages name it. */
  readonly place: string;
  readonly url: string;
  readonly ssl?: pg.ClientConfig['ssl'];
}

/** Nothing that the self-test does may hold up the owner of the table. */
const SETTINGS: Readonly<Record<string, string>> = {
  ...TEXT_SETTINGS,
  client_encoding: 'UTF8',
  statement_timeout: '4500',
  lock_timeout: '1000',
  idle_in_transaction_session_timeout: '10000',
};

const RowText = z.object({ row: z.string().nullable() });

/** Canary rows of a PostgreSQL table. A row is kept as the text of its whole: it comes back with every column as it was. */
export class PostgresCanaryRows implements CanaryRows {
  readonly #mapping: TableMapping;
  readonly #place: string;
  readonly #table: string;
  readonly #pool: pg.Pool;

  constructor(mapping: TableMapping, { place, url, ssl }: CanaryConnection) {
    this.#mapping = mapping;
    this.#place = place;
    const { schema, table } = mapping.target;
    this.#table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
    this.#pool = new pg.Pool({
      connectionString: url,
      ...(ssl === undefined ? {} : { ssl }),
      application_name: 'banyan self-test',
      max: 1,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 10_000,
      options: sessionOptions(SETTINGS),
    });
    this.#pool.on('error', () => undefined);
  }

  table(): Promise<CanaryTable> {
    return this.#inTransaction(async (client, columns) => {
      const asked = ['select', 'insert', 'update', 'delete'].map((right) => `has_table_privilege($1, '${right}')`);
      const { rows } = await client.query(`select ${asked.join(' and ')} as allowed`, [this.#table]);
      if (z.array(z.object({ allowed: z.boolean() })).parse(rows)[0]?.allowed === true) {
        return canaryTable(this.#mapping, columns);
      }
      throw new BanyanError('forbidden', `${this.#place}: its role may not write ${this.#table}`, {
        fix: this.#grants(),
      });
    });
  }

  plant(canaries: readonly PlannedCanary[], keep: (rows: readonly PlantedRow[]) => Promise<void>): Promise<void> {
    return this.#inTransaction(async (client, columns) => {
      const originals = new Map<string, string | null>();
      for (const canary of canaries) {
        originals.set(canary.key, await this.#read(client, columns, canary.key));
        if (canary.change === 'extra') originals.set(canary.like, await this.#read(client, columns, canary.like));
      }
      const rows: PlantedRow[] = [];
      for (const canary of canaries) {
        const original = originals.get(canary.key) ?? null;
        if ((original === null) !== (canary.change === 'extra')) {
          throw new BanyanError('conflict', `canary ${canary.key} was written meanwhile`, {
            fix: 'name rows that nothing else writes as canaries',
          });
        }
        const like = canary.change === 'extra' ? (originals.get(canary.like) ?? null) : original;
        await this.#change(client, columns, canary, like);
        rows.push({ key: canary.key, original, planted: await this.#read(client, columns, canary.key) });
      }
      await keep(rows);
    });
  }

  restore(rows: readonly PlantedRow[]): Promise<ReadonlyMap<string, RestoreOutcome>> {
    return this.#inTransaction(async (client, columns) => {
      const outcomes = new Map<string, RestoreOutcome>();
      for (const row of rows) {
        if ((await this.#read(client, columns, row.key)) === row.planted) await this.#put(client, columns, row);
        const isBack = (await this.#read(client, columns, row.key)) === row.original;
        outcomes.set(row.key, isBack ? 'restored' : 'changed');
      }
      return outcomes;
    });
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** The whole row as text, locked until the transaction ends. */
  async #read(client: pg.ClientBase, columns: readonly TargetColumn[], key: string): Promise<string | null> {
    const parameters = new Parameters();
    const where = this.#where(columns, key, parameters);
    const { rows } = await client.query(
      `select t::text as row from ${this.#table} t where ${where} for update`,
      parameters.values,
    );
    return z.array(RowText).parse(rows)[0]?.row ?? null;
  }

  #where(columns: readonly TargetColumn[], key: string, parameters: Parameters): string {
    const names = this.#mapping.target.key;
    const values = keyValues(key, names.length);
    return names
      .map((name, i) => `t.${pg.escapeIdentifier(name)} = ${parameters.add(values[i])}::${typeOf(columns, name)}`)
      .join(' and ');
  }

  async #change(
    client: pg.ClientBase,
    columns: readonly TargetColumn[],
    canary: PlannedCanary,
    like: string | null,
  ): Promise<void> {
    const parameters = new Parameters();
    const where = (key: string) => this.#where(columns, key, parameters);
    switch (canary.change) {
      case 'missing':
        await client.query(`delete from ${this.#table} t where ${where(canary.key)}`, parameters.values);
        return;
      case 'extra':
        await this.#insert(client, columns, like, canary.key);
        return;
      case 'wrong_value':
      case 'null_value':
      case 'swapped': {
        const value = `${parameters.add(canary.value)}::${typeOf(columns, canary.column)}`;
        const set = `${pg.escapeIdentifier(canary.column)} = ${value}`;
        await client.query(`update ${this.#table} t set ${set} where ${where(canary.key)}`, parameters.values);
        return;
      }
      default:
        canary satisfies never;
    }
  }

  /** A row of this text, under another key if one is given. */
  async #insert(
    client: pg.ClientBase,
    columns: readonly TargetColumn[],
    row: string | null,
    key: string | null,
  ): Promise<void> {
    const parameters = new Parameters();
    const whole = `(select (${parameters.add(row)}::${this.#table}).*) r`;
    const names = this.#mapping.target.key;
    const keys = key === null ? null : keyValues(key, names.length);
    const written = columns.filter(({ generated }) => !generated);
    const values = written.map(({ name, type }) => {
      const at = names.indexOf(name);
      return keys === null || at < 0 ? `r.${pg.escapeIdentifier(name)}` : `${parameters.add(keys[at])}::${type}`;
    });
    const list = written.map(({ name }) => pg.escapeIdentifier(name)).join(', ');
    await client.query(
      `insert into ${this.#table} (${list}) overriding system value select ${values.join(', ')} from ${whole}`,
      parameters.values,
    );
  }

  /** Puts the original in the place of what was planted. */
  async #put(client: pg.ClientBase, columns: readonly TargetColumn[], row: PlantedRow): Promise<void> {
    const { key, original, planted } = row;
    if (original === planted) return;
    if (planted === null) return this.#insert(client, columns, original, null);
    const parameters = new Parameters();
    if (original === null) {
      await client.query(
        `delete from ${this.#table} t where ${this.#where(columns, key, parameters)}`,
        parameters.values,
      );
      return;
    }
    const list = columns
      .filter(({ generated, fixed }) => !generated && !fixed)
      .map(({ name }) => pg.escapeIdentifier(name));
    const whole = `(select (${parameters.add(original)}::${this.#table}).*) r`;
    const where = this.#where(columns, key, parameters);
    await client.query(
      `update ${this.#table} t set (${list.join(', ')}) = (select ${list.map((name) => `r.${name}`).join(', ')} from ${whole})
       where ${where}`,
      parameters.values,
    );
  }

  async #inTransaction<T>(work: (client: pg.PoolClient, columns: readonly TargetColumn[]) => Promise<T>): Promise<T> {
    let client: pg.PoolClient | undefined;
    try {
      client = await this.#pool.connect();
      await client.query('begin');
      const value = await work(client, await targetColumns(client, this.#mapping));
      await client.query('commit');
      client.release();
      return value;
    } catch (error) {
      client?.release(true);
      throw this.#explain(error);
    }
  }

  #grants(): string {
    return `grant select, insert, update, delete on ${this.#table} to the role of ${this.#place}, and what its triggers need`;
  }

  #explain(error: unknown): BanyanError {
    if (error instanceof BanyanError) return error;
    const text = `${this.#place}: ${messageOf(error)}`;
    const code = error instanceof pg.DatabaseError ? error.code : undefined;
    if (code === '42501') {
      return new BanyanError('forbidden', text, { cause: error, fix: this.#grants() });
    }
    if (code?.startsWith('23') === true) {
      const fix = 'name canaries whose values may be given to one another, and that no other table refers to';
      return new BanyanError('conflict', `the table refuses a wrong row: ${text}`, { cause: error, fix });
    }
    return new BanyanError('unavailable', text, { cause: error, fix: `see to ${this.#place}.url` });
  }
}

function typeOf(columns: readonly TargetColumn[], name: string): string {
  return columns.find((column) => column.name === name)?.type ?? 'text';
}
