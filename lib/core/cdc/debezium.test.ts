import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { columnShape } from './columnShape.ts';
import { type Change, decodeCdc, heartbeatServer, type UsedColumns } from './debezium.ts';

interface Recorded {
  readonly key: string | null;
  readonly value: string | null;
}

function recorded(name: string): Recorded {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));
}

const product: UsedColumns = { key: ['id'], compared: ['sku', 'qty', 'active', 'created_at', 'tags', 'big'] };

function decode(name: string, columns = product) {
  return decodeCdc(recorded(name).value, columns, columnShape());
}

function change(name: string, columns = product): Change {
  const outcome = decode(name, columns);
  if (outcome.kind !== 'change') throw new Error(`${name} is ${JSON.stringify(outcome)}`);
  return outcome;
}

describe('recorded changes', () => {
  const cases: [name: string, op: string, key: string, snapshot: boolean, commitLsn: string | null, lsn: string][] = [
    ['plain-product-c', 'c', '["2"]', false, '29584256', '29584256'],
    ['plain-product-u', 'u', '["2"]', false, '29584256', '29584608'],
    ['plain-product-d', 'd', '["2"]', false, '29584960', '29584960'],
    ['plain-product-c-2', 'c', '["3"]', false, '29584960', '29584960'],
    ['plain-product-r', 'r', '["9007199254740993"]', true, null, '29576624'],
    ['plain-product_full-d', 'd', '["2"]', false, '29586552', '29586552'],
    ['friendly-product-u', 'u', '["2"]', false, '29584256', '29584608'],
    ['friendly-product-r', 'r', '["9007199254740993"]', true, null, '29583400'],
    ['schema-product-u', 'u', '["2"]', false, '29584256', '29584608'],
    ['schema-product-r', 'r', '["9007199254740993"]', true, null, '29569376'],
  ];
  it.each(cases)('%s is op %s of key %s', (name, op, key, snapshot, commitLsn, lsn) => {
    expect(change(name)).toMatchObject({ op, key, snapshot, position: { commitLsn, lsn } });
  });

  it('has no position without a sequence: lsn alone orders nothing', () => {
    const value = recorded('plain-product-u').value?.replace('"sequence"', '"sequel"') ?? null;
    expect(decodeCdc(value, product, columnShape())).toMatchObject({ kind: 'change', position: null });
  });

  it.each([
    [
      'a time of another age',
      (text: string) => text.replaceAll(/"ts_([mu]s)":\d+/g, '"ts_$1":8000000000000000'),
      /1970 and 2200/,
    ],
    [
      'a key too long for an index',
      (text: string) => text.replaceAll('"id":2', `"id":"${'x'.repeat(600)}"`),
      /longer than 512/,
    ],
  ] as const)('%s is a dead letter', (_what, change, detail) => {
    const value = change(recorded('plain-product-u').value ?? '');
    expect(decodeCdc(value, product, columnShape())).toMatchObject({
      kind: 'dead',
      reason: 'bounds',
      detail: expect.stringMatching(detail),
    });
  });

  it('keeps an int8 above 2^53, a boolean, an array and a time to the last digit', () => {
    expect(JSON.parse(change('friendly-product-c').after() ?? '')).toEqual({
      sku: 'SKU-1',
      qty: '5',
      active: 'true',
      created_at: '2026-01-02T01:04:05.678901Z',
      tags: '["a","b,c",null]',
      big: '9007199254740993',
    });
    expect(JSON.parse(change('plain-product-u').after() ?? '')).toMatchObject({ big: '-9007199254740993' });
  });

  it('takes the source time in microseconds and the connector time beside it', () => {
    expect(change('plain-product-u')).toMatchObject({
      sourceTsUs: 1_795_255_770_721_559,
      connectorTsUs: 1_795_255_770_839_780,
      txId: '921',
    });
  });

  it('a delete says its key and nothing else, though before holds defaults', () => {
    expect(change('plain-product-d').after()).toBeNull();
  });

  it('an unchanged TOASTed column stays marked as unavailable', () => {
    const columns = { key: ['id'], compared: ['title', 'body'] };
    expect(change('plain-doc-u', columns).after()).toBe('{"title":"t2","body":"__debezium_unavailable_value"}');
  });
});

describe('the image before a change', () => {
  const source = { ts_ms: 1_700_000_000_000, schema: 'public', table: 't' };
  const used: UsedColumns = { key: ['id'], compared: ['after', 'qty'] };
  const cases: [what: string, before: object | null, op: string, after: object | null][] = [
    ['is left out', { id: 7, after: 'a', qty: 1 }, 'u', { id: 7, after: 'b', qty: 2 }],
    ['has no columns', {}, 'u', { id: 7, after: 'b', qty: 2 }],
    [
      'holds a text that looks like its end',
      { id: 7, after: 'x},"after":{', qty: 1 },
      'u',
      { id: 7, after: '},"after":{', qty: 2 },
    ],
    [
      'has a struct before a column "after"',
      { id: 7, geo: { srid: 1 }, after: { qty: 9 } },
      'u',
      { id: 7, geo: { srid: 1 }, after: { qty: 3 }, qty: 2 },
    ],
    ['is null', null, 'c', { id: 7, after: 'b', qty: 2 }],
    ['is all that a delete has', { id: 7, after: 'a', qty: 1 }, 'd', null],
    ['is what counts of a delete that has both', { id: 7, after: 'a', qty: 1 }, 'd', { id: 8, after: 'b', qty: 2 }],
  ];
  it.each(cases)('%s', (_what, before, op, after) => {
    const outcome = decodeCdc(JSON.stringify({ before, after, source, op, ts_ms: 1 }), used, columnShape());
    if (outcome.kind !== 'change') throw new Error(JSON.stringify(outcome));
    const text = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
    const { after: column, qty } = (after ?? {}) as { after?: unknown; qty?: unknown };
    expect(outcome).toMatchObject({ op, key: '["7"]' });
    expect(outcome.after()).toBe(op === 'd' ? null : JSON.stringify({ after: text(column), qty: text(qty) }));
  });

  const [before, after, op] = [{ id: 7, after: 'a', qty: 1 }, { id: 7, after: 'b', qty: 2 }, 'u'];
  it.each<[order: string, envelope: object]>([
    ['source, after, op', { before, source, after, op, ts_ms: 1_700_000_000_005 }],
    ['op, source, after', { before, op, source, after, ts_ms: 1_700_000_000_005 }],
    ['time, transaction, after, source, op', { before, ts_ms: 1_700_000_000_005, transaction: {}, after, source, op }],
  ])('is left out whatever comes behind it: %s', (_order, envelope) => {
    const outcome = decodeCdc(JSON.stringify(envelope), used, columnShape());
    expect(outcome).toMatchObject({ kind: 'change', op, key: '["7"]', connectorTsUs: 1_700_000_000_005_000 });
  });

  it('may be no JSON where the row holds what has to be parsed digit by digit', () => {
    const row = '{"id":9007199254740993,"after":"b","qty":2}';
    const value = `{"before":{"id":NaN},"after":${row},"source":${JSON.stringify(source)},"op":"u","ts_ms":1}`;
    expect(decodeCdc(value, used, columnShape())).toMatchObject({ kind: 'change', key: '["9007199254740993"]' });
  });

  it('does not hide that the rest is no JSON', () => {
    const value = '{"before":{"id":7},"after":{"id":7,"after":"b","qty":2},"op":"u"';
    expect(decodeCdc(value, used, columnShape())).toMatchObject({ kind: 'dead', reason: 'json' });
  });
});

describe('what is not a change', () => {
  const cases: [name: string, expected: object][] = [
    ['plain-product-tombstone', { kind: 'tombstone' }],
    ['schema-product-tombstone', { kind: 'tombstone' }],
    ['plain-heartbeat-topic-heartbeat', { kind: 'heartbeat', tsUs: 1_795_255_764_538_000 }],
    ['schema-heartbeat-topic-heartbeat', { kind: 'heartbeat', tsUs: 1_795_255_763_980_000 }],
    ['plain-transaction-BEGIN', { kind: 'ignored', what: 'transaction' }],
    ['schema-transaction-END', { kind: 'ignored', what: 'transaction' }],
    ['plain-message-m', { kind: 'ignored', what: 'message' }],
    ['plain-product_full-t', { kind: 'ignored', what: 'truncate' }],
  ];
  it.each(cases)('%s', (name, expected) => {
    expect(decode(name)).toMatchObject(expected);
  });

  it.each([
    ['plain-heartbeat-topic-heartbeat', 'fx_plain'],
    ['schema-heartbeat-topic-heartbeat', 'fx_schema'],
  ])('the key of %s names its server', (name, server) => {
    expect(heartbeatServer(recorded(name).key)).toBe(server);
  });
});

describe('dead letters', () => {
  const envelope = (after: unknown, extra: object = {}) =>
    JSON.stringify({
      before: null,
      after,
      source: { ts_ms: 1, schema: 'public', table: 'inventory' },
      op: 'u',
      ts_ms: 2,
      ...extra,
    });
  const columns = { key: ['id'], compared: ['quantity'] };
  const cases: [what: string, value: string, reason: string, detail: RegExp][] = [
    ['garbage', 'not json', 'json', /not JSON/],
    ['an Avro frame', '\u0000\u0000\u0000\u0000\u0001abc', 'format', /schema registry/],
    ['a number', '42', 'envelope', /not an object/],
    ['a flattened row', '{"id":1,"quantity":2}', 'envelope', /no op/],
    ['an unknown op', envelope({ id: 1, quantity: 2 }, { op: 'x' }), 'envelope', /op is "x"/],
    ['no source', '{"op":"c","after":{"id":1,"quantity":2}}', 'envelope', /no source/],
    ['no source time', '{"op":"c","source":{},"after":{"id":1,"quantity":2}}', 'envelope', /source\.ts_ms/],
    ['no after-image', envelope(null), 'envelope', /after is missing/],
    [
      'a column that went',
      envelope({ id: 1, qty: 2 }),
      'schema',
      /public\.inventory: the mapped column quantity is missing .*id, qty/,
    ],
    ['a key that went', envelope({ quantity: 2 }), 'schema', /the mapped column id is missing/],
  ];
  it.each(cases)('%s', (_what, value, reason, detail) => {
    const outcome = decodeCdc(value, columns, columnShape());
    expect(outcome).toMatchObject({ kind: 'dead', reason });
    expect(outcome.kind === 'dead' ? outcome.detail : '').toMatch(detail);
  });

  it('a column of another JSON type than before is refused, null and an added column are not', () => {
    const shape = columnShape();
    expect(decodeCdc(envelope({ id: 1, quantity: 2 }), columns, shape).kind).toBe('change');
    expect(decodeCdc(envelope({ id: 1, quantity: '2' }), columns, shape)).toMatchObject({
      reason: 'schema',
      detail: 'public.inventory: the mapped column quantity is a string here and was a number before',
    });
    expect(decodeCdc(envelope({ id: 1, quantity: null, colour: 'red' }), columns, shape).kind).toBe('change');
    expect(columnShape(shape.learned).types.get('quantity')).toBe('number');
  });
});
