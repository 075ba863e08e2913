import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { READ_ONLY, urlOfNewRole } from '../../../tools/testReadOnlyRole.ts';
import type { ColumnMapping, TableMapping } from '../../core/migration/definition.ts';
import { PostgresRowReader } from './postgresRowReader.ts';
import { SourceDatabase } from './sourceDatabase.ts';
import { SourceDatabaseProbe } from './sourceDatabaseProbe.ts';

let a: pg.Client;
let b: pg.Client;
let urlA: string;
let urlB: string;
const opened: SourceDatabase[] = [];

const open = (id: string, url: string, allowWritable = true) => {
  const database = new SourceDatabase({ id, url, rowsPerSec: 8_000, allowWritable });
  opened.push(database);
  return database;
};

beforeAll(async () => {
  [urlA, urlB] = await Promise.all([createTestDatabase('refused_a'), createTestDatabase('refused_b')]);
  [a, b] = [new pg.Client(urlA), new pg.Client(urlB)];
  await Promise.all([a.connect(), b.connect()]);
});
afterAll(async () => {
  await Promise.all([...opened.map((database) => database.close()), a.end(), b.end()]);
});

describe('what is refused, with the fix', () => {
  const select = (role: string) => `grant select on all tables in schema public to ${role}`;

  it.each<[string, (role: string) => string, RegExp, RegExp]>([
    [
      'a role that may update',
      (role) => `create table if not exists guarded (id int); ${select(role)}; grant update on guarded to ${role}`,
      /may change public\.guarded/,
      /revoke insert, update, delete, truncate on public\.guarded from "?role_/,
    ],
    [
      'a role that may update one column',
      (role) => `create table if not exists guarded (id int); grant update (id) on guarded to ${role}`,
      /may change public\.guarded/,
      /revoke/,
    ],
    [
      'an owner of a table',
      (role) => `create table owned_${role} (id int); alter table owned_${role} owner to ${role}`,
      /owns public\.owned_/,
      /create role banyan_ro/,
    ],
    [
      'a role that may create in a schema',
      (role) => `grant create on schema public to ${role}`,
      /create objects in schema public/,
      /revoke create on schema public from "?role_/,
    ],
    ['a member of a writing role', (role) => `grant pg_write_all_data to ${role}`, /may change public\./, /revoke/],
  ])('%s', async (_, grants, why, fix) => {
    const database = open('a', await urlOfNewRole(urlA, grants), false);
    const refusal = await new SourceDatabaseProbe(database).probe().then(
      () => null,
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(why),
      fix: expect.stringMatching(fix),
    });
  });

  it('a superuser, unless it is allowed', async () => {
    await expect(new SourceDatabaseProbe(open('a', urlA, false)).probe()).rejects.toThrow(
      /database a: Banyan only reads, and its role postgres may write: it is a superuser/,
    );
    await expect(new SourceDatabaseProbe(open('a', urlA)).probe()).resolves.toMatchObject({
      detail: expect.stringMatching(/PostgreSQL 18/),
    });
  });

  it('nothing of a role that only reads; and it could not write if it tried', async () => {
    const database = open('a', await urlOfNewRole(urlA, READ_ONLY), false);
    await expect(new SourceDatabaseProbe(database).probe()).resolves.toMatchObject({
      detail: expect.stringMatching(/read as role_/),
    });
    await expect(database.query(z.unknown(), 'create temporary table x (id int)')).rejects.toThrow(
      /read-only transaction/,
    );
  });

  it('a database that can not be reached, without its password', async () => {
    const lost = open('monolith', 'postgresql://banyan:hunter2@127.0.0.1:1/shop');
    const error = await new SourceDatabaseProbe(lost).probe().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/database monolith \(127\.0\.0\.1:1\/shop\) can't be reached/),
      fix: expect.stringMatching(/databases\.monolith\.url/),
    });
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  it.each<[string, Partial<TableMapping['source']>, ColumnMapping[], RegExp]>([
    [
      'a missing table',
      { table: 'inventoryx' },
      [],
      /table public\.inventoryx is not in database a; did you mean public\.inventory\?/,
    ],
    [
      'a table of another schema',
      { schema: 'shop' },
      [],
      /table shop\.inventory is not in database a; did you mean public\.inventory\?/,
    ],
    [
      'a missing column',
      {},
      [{ from: 'quantities', to: 'quantity', compare: 'exact' }],
      /column quantities is not in public\.inventory of database a; did you mean quantity\?/,
    ],
    [
      'a key that may be NULL',
      { key: ['quantity'] },
      [],
      /key column quantity of public\.inventory in database [ab] may be NULL/,
    ],
  ])('%s', async (_, source, columns, message) => {
    for (const client of [a, b])
      await client.query('create table if not exists inventory (id bigint primary key, quantity int)');
    const ref = { database: 'a', schema: 'public', table: 'inventory', key: ['id'] };
    const mapping: TableMapping = {
      id: 'inventory',
      source: { ...ref, ...source },
      target: { ...ref, database: 'b', key: source.key ?? ref.key },
      columns,
      topic: 't',
      applied: { kind: 'group', groupId: 'g' },
    };
    await expect(new PostgresRowReader(mapping, open('a', urlA), open('b', urlB)).prepare()).rejects.toThrow(message);
  });
});
