import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { configJsonSchema, describeProblems, parseConfig } from './config.ts';
import { imageColumns } from './core/migration/imageColumns.ts';
import { migrationOf } from './migrationOf.ts';
import type { Env } from './secret.ts';

const example = readFileSync(new URL('../banyan.example.yaml', import.meta.url), 'utf8');

function problemsIn(text: string, env: Env = {}) {
  const result = parseConfig(text, env);
  return 'problems' in result ? result.problems : [];
}

const edited = (from: string, to: string): string => {
  expect(example).toContain(from);
  return example.replace(from, to);
};

const waiver = (stage: string, criterion: string): string =>
  `    waivers: [{ stage: ${stage}, criterion: ${criterion}, reason: r, expires: "2026-12-01T00:00:00Z" }]\n`;

describe('a good file', () => {
  const result = parseConfig(example, { MONOLITH_URL: 'postgresql://u:canary-secret@db/monolith' });
  if ('problems' in result) throw new Error(describeProblems('banyan.example.yaml', result.problems));

  it('parses without the secrets of other processes', () => {
    const inventory = result.settings.databases.inventory;
    expect(() => inventory?.url.reveal({})).toThrow(/INVENTORY_URL is not set/);
  });

  it('reveals a secret to the role that asks, and prints it to nobody', () => {
    const url = result.settings.databases.monolith?.url;
    expect(url?.reveal({ MONOLITH_URL: 'postgresql://canary-secret' })).toBe('postgresql://canary-secret');
    expect(`${url}${JSON.stringify(result.settings)}${inspect(result.settings, { depth: 9 })}`).not.toContain('canary');
  });

  it('becomes the migration of the services', () => {
    const [context] = migrationOf(result.settings).contexts;
    expect(context?.name).toBe('Inventory');
    expect(context?.routes[0]).toEqual({
      id: 'get-inventory',
      kind: 'read',
      method: 'GET',
      template: '/api/inventory/{itemId}',
    });
    expect(context?.tables[0]?.source).toEqual({
      database: 'monolith',
      schema: 'public',
      table: 'inventory',
      key: ['item_id'],
    });
    expect(context?.tables[0]?.columns.at(-1)).toEqual({
      from: 'updated_at',
      to: 'updated_at',
      compare: 'microseconds',
      masked: false,
    });
    expect(context?.sagas[0]?.deadlineMs).toBe(10_000);
    expect(context?.criteria.route_reads?.latency).toMatchObject({ target: 50, quantile: 0.99 });
  });
});

it.each([
  ['a shorter duration', 'route_reads: { latency: { below: 20ms } }'],
  ['a share', 'route_reads: { error_rate: { below: 0.02 } }'],
  ['a share that must be exceeded', 'route_writes: { saga_success: { above: 0.95 } }'],
  ['a ratio to legacy above 1', 'route_reads: { latency_vs_legacy: { below: 1.5 } }'],
  ['a duration alone, where there is no limit to set', 'route_reads: { divergences: { minDuration: 0s } }'],
  ['a limit that a later stage takes over', 'sync_data: { cdc_lag: { below: 2s } }'],
  ['one limit in both stages', 'sync_data: { cdc_lag: { below: 2s } }\n      route_writes: { cdc_lag: { below: 2s } }'],
])('takes an override by %s', (_name, override) => {
  expect(problemsIn(edited('route_reads: { latency: { below: 50ms, quantile: 0.99 } }', override))).toEqual([]);
});

it.each([
  'listen: { host: localhost }',
  'listen: { host: 127.0.0.2 }',
  'listen: { host: "::1" }',
  'otlp: { host: 0.0.0.0 }',
])('takes %s', (field) => expect(problemsIn(edited('version: 1', `version: 1\n${field}`))).toEqual([]));

it('takes a waiver of a criterion of the plan', () => {
  const text = edited('    criteria: #', `${waiver('route_writes', 'stock_invariant')}    criteria: #`);
  expect(problemsIn(text)).toEqual([]);
});

describe('a table', () => {
  const withTable = (fields: string) =>
    parseConfig(
      edited('        topic: monolith.public.inventory\n', `        topic: monolith.public.inventory\n${fields}`),
      {},
    );

  it('derives, filters, ignores and masks columns, and says how its events are written', () => {
    const text = edited(
      '          sku: sku\n',
      `          sku: sku
          label: { source: { sql: "a || b", columns: [a, b] }, to: label, compare: exact }
          total: { target: { sql: "x + y", columns: [x, y] } }
`,
    ).replace(
      '        topic: monolith.public.inventory\n',
      `        topic: monolith.public.inventory
        ignore: [note]
        masked: [sku]
        filter: { target: { sql: "not closed", columns: [closed] } }
        capture: { time: adaptive }
        ownership: { source: "select 1", target: "select 2" }
`,
    );
    const result = parseConfig(text, {});
    if ('problems' in result) throw new Error(describeProblems('banyan.yaml', result.problems));
    const table = migrationOf(result.settings).contexts[0]?.tables[0];
    expect(table?.columns.slice(0, 3)).toEqual([
      { from: 'sku', to: 'sku', compare: 'semantic', masked: true },
      { from: 'label', to: 'label', fromSql: { sql: 'a || b', columns: ['a', 'b'] }, compare: 'exact', masked: false },
      { from: 'total', to: 'total', toSql: { sql: 'x + y', columns: ['x', 'y'] }, compare: 'semantic', masked: false },
    ]);
    expect(table).toMatchObject({
      ignore: ['note'],
      filter: { target: { sql: 'not closed', columns: ['closed'] } },
      capture: { time: 'adaptive' },
      ownership: { source: 'select 1', target: 'select 2' },
    });
    if (table === undefined) return;
    expect(imageColumns(table, 'source')).toEqual([
      'sku',
      'a',
      'b',
      'total',
      'quantity',
      'reserved',
      'version',
      'updated_at',
    ]);
    expect(imageColumns(table, 'target')).toEqual([
      ...['sku', 'label', 'x', 'y', 'quantity', 'reserved', 'version', 'updated_at', 'closed'],
    ]);
  });

  it('refuses to mask a key that is mapped too', () => {
    const mapped = edited('          sku: sku\n', '          item_id: item_id\n          sku: sku\n');
    const topic = '        topic: monolith.public.inventory\n';
    const result = parseConfig(mapped.replace(topic, `${topic}        masked: [sku, item_id]\n`), {});
    expect('problems' in result ? result.problems : []).toEqual([
      expect.objectContaining({
        path: 'contexts[0].tables[0].masked[1]',
        expected: expect.stringContaining('no column of the key'),
      }),
    ]);
  });

  it.each([
    ['a mask of no column', '        masked: [email]\n', 'masked[0]', 'the name of a mapped column'],
    ['a mask of a key that is not mapped', '        masked: [item_id]\n', 'masked[0]', 'no column of the key'],
    ['a mapped column ignored', '        ignore: [sku]\n', 'ignore[0]', 'neither mapped nor of the key'],
    ['an unknown capture mode', '        capture: { time: iso }\n', 'capture.time', 'one of adaptive'],
    [
      'an expression without columns',
      '        filter: { source: { sql: "a" } }\n',
      'filter.source.columns',
      'an array',
    ],
  ])('%s', (_name, fields, path, expected) => {
    const result = withTable(fields);
    expect('problems' in result ? result.problems : []).toEqual([
      expect.objectContaining({ path: `contexts[0].tables[0].${path}`, expected: expect.stringContaining(expected) }),
    ]);
  });
});

describe('each problem names its path, its line, what was found and what is expected', () => {
  it.each([
    ['a missing field', edited('brokers: [localhost:9092]', ''), 'kafka.brokers', 'an array', 'nothing'],
    ['a wrong type', edited('deadline: 10s', 'deadline: 10'), 'contexts[0].sagas[0].deadline', 'a string', '10'],
    [
      'a bad duration',
      edited('deadline: 10s', 'deadline: soon'),
      'contexts[0].sagas[0].deadline',
      'a duration',
      '"soon"',
    ],
    ['a bad broker', edited('localhost:9092', 'localhost'), 'kafka.brokers[0]', 'host:port', '"localhost"'],
    [
      'an unknown field',
      edited('groupId: banyan', 'groupid: banyan'),
      'kafka.groupid',
      'did you mean groupId?',
      'not known',
    ],
    [
      'a bad choice',
      edited('startFrom: earliest', 'startFrom: now'),
      'kafka.startFrom',
      'one of earliest, latest',
      '"now"',
    ],
    [
      'web for the whole network',
      edited('version: 1', 'version: 1\nlisten: { host: 0.0.0.0 }'),
      'listen.host',
      'a loopback address, since this version has no sign-in',
      '"0.0.0.0"',
    ],
    ['an unknown version', edited('version: 1', 'version: 2'), 'version', '1', '2'],
    [
      'a database that is not declared',
      edited('database: inventory,', 'database: stock,'),
      'contexts[0].tables[0].target.database',
      'one of the databases declared above (monolith, inventory)',
      'stock',
    ],
    [
      'a criterion that the stage has not',
      edited('{ latency: {', '{ latancy: {'),
      'contexts[0].criteria.route_reads.latancy',
      'latency, error_rate, errors_vs_legacy, latency_vs_legacy, divergences',
      'latancy',
    ],
    [
      'another limit in a later stage: it would never get evidence',
      edited('route_reads: { latency', 'route_writes: { cdc_lag: { below: 2s } }\n      route_reads: { latency'),
      'contexts[0].criteria.route_writes.cdc_lag.below',
      '1000ms as in sync_data',
      '2000ms',
    ],
    [
      'a waiver of a criterion that the stage has not',
      edited('    criteria: #', `${waiver('route_reads', 'latancy')}    criteria: #`),
      'contexts[0].waivers[0].criterion',
      'latency, error_rate',
      'latancy',
    ],
  ])('%s', (_name, text, path, expected, found) => {
    const [problem, ...others] = problemsIn(text);
    expect(others).toEqual([]);
    expect(problem?.path).toBe(path);
    expect(problem?.expected).toContain(expected);
    expect(problem?.found).toContain(found);
    expect(problem?.line).toBeGreaterThan(0);
  });

  it.each([
    ['a bare number for a duration', 'latency: { below: 50 }', 'below', 'a duration above 0', '50'],
    ['a duration of nothing', 'latency: { below: 0s }', 'below', 'a duration above 0', '0ms'],
    ['the other direction', 'latency: { above: 50ms }', 'above', '`below` instead of `above`', '50ms'],
    ['a share above 1', 'error_rate: { below: 1.5 }', 'below', 'a ratio between 0 and 1', '1.5'],
    ['a duration for a share', 'error_rate: { below: 1s }', 'below', 'a ratio between 0 and 1', '1000ms'],
    ['no ratio at all', 'errors_vs_legacy: { below: 0 }', 'below', 'a number above 0', '0'],
    ['a limit where there is none', 'divergences: { below: 3 }', 'below', 'no limit: that of divergences', '3'],
    ['a quantile of a share', 'error_rate: { quantile: 0.9 }', 'quantile', 'no quantile', '0.9'],
  ])('an override that does not fit its criterion: %s', (_name, override, field, expected, found) => {
    const problems = problemsIn(edited('latency: { below: 50ms, quantile: 0.99 }', override));
    expect(problems).toEqual([
      {
        path: `contexts[0].criteria.route_reads.${override.slice(0, override.indexOf(':'))}.${field}`,
        line: expect.any(Number),
        found,
        expected: expect.stringContaining(expected),
      },
    ]);
  });

  it('a variable that is not set', () => {
    expect(problemsIn(edited('localhost:9092', '"${KAFKA_BROKER}"'))[0]).toMatchObject({
      path: 'kafka.brokers[0]',
      found: expect.stringContaining('KAFKA_BROKER'),
    });
  });

  it('all problems at once', () => {
    const text = edited('version: 1', 'version: 2')
      .replace('deadline: 10s', 'deadline: soon')
      .replace('id: acme', 'id: 7');
    expect(problemsIn(text)).toHaveLength(3);
  });

  it('what is no YAML, with its line', () => {
    expect(problemsIn('version: 1\nkafka: [')[0]).toMatchObject({ expected: 'YAML', line: 2 });
  });

  it('never shows a secret that was written into the file', () => {
    const text = edited('url: "${MONOLITH_URL}"', 'url: [canary-secret]');
    expect(describeProblems('f', problemsIn(text))).not.toContain('canary');
  });
});

it('publishes a JSON Schema with every top-level field', () => {
  expect(Object.keys((configJsonSchema() as { properties: object }).properties)).toEqual(
    expect.arrayContaining(['version', 'migration', 'kafka', 'databases', 'contexts', 'alerts']),
  );
});
