import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestMapping } from '../../../tools/testMapping.ts';
import { urlOfNewRole } from '../../../tools/testReadOnlyRole.ts';
import { inspectCapture } from './inspectCapture.ts';
import { inspectTable } from './planTable.ts';
import { SourceDatabase } from './sourceDatabase.ts';

let mapped: TestMapping;
beforeAll(async () => {
  mapped = await TestMapping.open('capture');
});
afterAll(() => mapped.close());

describe("what a table's events can not tell", () => {
  it.each<[string, string, string, string | null, RegExp | null]>([
    ['all is told by FULL', 'id int primary key, x text', 'replica identity full', null, null],
    ['a primary key, and short values', 'id int primary key, x int', 'replica identity default', null, null],
    [
      'a primary key, and long values',
      'id int primary key, x text',
      'replica identity default',
      'flagged',
      /long values that did not change \(x\)/,
    ],
    ['nothing', 'id int primary key, x int', 'replica identity nothing', 'refused', /has no replica identity/],
    [
      'the default without a primary key',
      'id int not null, x int',
      'replica identity default',
      'refused',
      /has no replica identity/,
    ],
    [
      'a primary key that is not the key',
      'id int not null unique, x int primary key',
      'replica identity default',
      'refused',
      /identity .* is x/,
    ],
    ['an index of the key', 'id int not null unique, x int', 'replica identity using index %s_id_key', null, null],
  ])('%s', async (_, columns, identity, severity, reason) => {
    const { id, source } = await mapped.table(columns, columns, { columns: [] });
    await mapped.source.query(`alter table ${id} ${identity.replace('%s', id)}`);
    const findings = await inspectCapture(mapped.databases.source, source, ['x'], null);
    expect(findings).toEqual(
      severity === null
        ? []
        : [
            expect.objectContaining({
              severity,
              reason: expect.stringMatching(reason ?? /./),
              fix: `alter table public.${id} replica identity full`,
            }),
          ],
    );
  });

  it('looks at each partition, for none has the identity of its table', async () => {
    const shape = '(id int primary key, x int) partition by range (id)';
    await mapped.source.query(
      `create table parts ${shape}; create table part_1 partition of parts for values from (0) to (9);
       create table part_2 partition of parts for values from (9) to (99)`,
    );
    const source = { database: 'source', schema: 'public', table: 'parts', key: ['id'] };
    const look = () => inspectCapture(mapped.databases.source, source, ['x'], null);
    expect(await look()).toEqual([]);
    await mapped.source.query('alter table parts replica identity full; alter table part_2 replica identity nothing');
    expect(await look()).toEqual([
      expect.objectContaining({ severity: 'refused', fix: 'alter table public.part_2 replica identity full' }),
    ]);
    await mapped.source.query('alter table parts replica identity nothing; alter table part_2 replica identity full');
    expect(await look()).toEqual([]);
  });

  it('says of a foreign table that it does not know', async () => {
    await mapped.source.query(
      `create foreign data wrapper away; create server there foreign data wrapper away;
       create foreign table seen (id int not null, x int) server there`,
    );
    const source = { database: 'source', schema: 'public', table: 'seen', key: ['id'] };
    expect(await inspectCapture(mapped.databases.source, source, ['x'], null)).toEqual([
      expect.objectContaining({ severity: 'flagged', reason: expect.stringMatching(/is a foreign table/) }),
    ]);
  });

  it('names the slot that is not there, and the one that was lost', async () => {
    const { source } = await mapped.table('id int primary key, x int', 'id int primary key, x int', { columns: [] });
    const missing = await inspectCapture(mapped.databases.source, source, ['x'], 'monolith_slot');
    expect(missing).toEqual([
      expect.objectContaining({
        severity: 'refused',
        reason: expect.stringMatching(/no replication slot monolith_slot/),
      }),
    ]);
    await mapped.source.query(`select pg_create_logical_replication_slot('capture_lost', 'pgoutput')`);
    try {
      expect(await inspectCapture(mapped.databases.source, source, ['x'], 'capture_lost')).toEqual([]);
      // A slot is lost once the log that it needs is gone.
      await mapped.source.query(`alter system set max_slot_wal_keep_size = '1MB'`);
      await mapped.source.query('select pg_reload_conf()');
      const isLost = async () => {
        await mapped.source.query('select pg_logical_emit_message(false, $1, repeat($2, 1000000))', ['fill', 'x']);
        await mapped.source.query('select pg_switch_wal()');
        await mapped.source.query('checkpoint');
        const { rows } = await mapped.source.query(
          `select wal_status from pg_replication_slots where slot_name = 'capture_lost'`,
        );
        return rows[0]?.wal_status === 'lost';
      };
      await expect.poll(isLost, { timeout: 20_000 }).toBe(true);
      for (const [slot, severity] of [
        ['capture_lost', 'refused'],
        [null, 'flagged'],
      ] as const) {
        expect(await inspectCapture(mapped.databases.source, source, ['x'], slot)).toEqual([
          expect.objectContaining({
            severity,
            reason: expect.stringMatching(/slot capture_lost .* is lost/),
            fix: expect.stringMatching(/snapshot/),
          }),
        ]);
      }
    } finally {
      await mapped.source.query(`select pg_drop_replication_slot('capture_lost')`);
      await mapped.source.query('alter system reset max_slot_wal_keep_size');
      await mapped.source.query('select pg_reload_conf()');
    }
  });
});

describe('what a role may not read', () => {
  it.each<[string, (role: string, table: string) => string, RegExp, RegExp]>([
    ['a table', () => '', /may not read id, x/, /^grant select on "public"\."mapped_\d+" to "role_\w+";$/],
    ['a column', (role, table) => `grant select (id) on ${table} to ${role}`, /may not read x of/, /^grant select on/],
  ])('%s', async (_, grants, why, fix) => {
    const table = await mapped.table('id int primary key, x int', 'id int primary key, x int', {
      columns: [{ from: 'x', to: 'x', compare: 'semantic' }],
    });
    const url = await urlOfNewRole(mapped.sourceUrl, (role) => grants(role, table.id) || 'select 1');
    const database = new SourceDatabase({ id: 'monolith', url, allowWritable: true });
    try {
      await expect(inspectTable(table, database, mapped.databases.target)).rejects.toMatchObject({
        code: 'forbidden',
        message: expect.stringMatching(why),
        fix: expect.stringMatching(fix),
      });
    } finally {
      await database.close();
    }
  });
});
