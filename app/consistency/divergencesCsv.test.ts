import { describe, expect, it } from 'vitest';
import { toCsv } from '#lib/core/format/csv.ts';
import type { DivergenceDetail, DivergenceRow } from '#lib/ports/readStore.ts';
import { withoutValues } from '#lib/services/read/shownDivergence.ts';
import { divergencesCsv } from './divergencesCsv.ts';

const HEADER =
  'context,table,key,verdict,kind,columns,leg,reason,first seen,last seen,committed at source,committed at target,' +
  'topic,partition,offset,first bad offset,lsn,txid,trace id,saga id';

const nothing: DivergenceDetail = {
  reason: null,
  source: null,
  target: null,
  expected: null,
  topic: null,
  partition: null,
  offset: null,
  firstBadOffset: null,
  lsn: null,
  txid: null,
  op: null,
  sourceCommittedAt: null,
  targetCommittedAt: null,
  traceId: null,
  sagaId: null,
  lastLook: null,
};

function row(over: Partial<DivergenceRow> = {}, detail: Partial<DivergenceDetail> = {}): DivergenceRow {
  return {
    context: 'shop',
    table: 'stock',
    key: '7',
    kind: 'different',
    state: 'DIVERGED',
    leg: 'apply',
    columns: ['qty'],
    firstSeenAt: '2026-11-21T12:00:00Z',
    lastSeenAt: '2026-11-21T12:00:03Z',
    resolvedAt: null,
    ...over,
    detail: { ...nothing, ...detail },
  };
}

const saved = (...rows: DivergenceRow[]) => toCsv(divergencesCsv(rows.map(withoutValues)));
/** The only row under the header, without its line end. */
const line = (given: DivergenceRow) => saved(given).slice(HEADER.length + 2, -2);
const BEFORE = 'shop,stock,7,DIVERGED,different,qty,apply,';
const AFTER = ',2026-11-21T12:00:00Z,2026-11-21T12:00:03Z';

describe('the CSV of the divergences', () => {
  it('is a header alone where no row is listed', () => expect(saved()).toBe(`${HEADER}\r\n`));

  it('has every fact under its name, one row a line, in the order listed', () => {
    const full: Partial<DivergenceDetail> = {
      reason: 'the event was not applied',
      topic: 'monolith.public.stock',
      partition: 0,
      offset: '9007199254740993',
      firstBadOffset: '9007199254740992',
      lsn: '0/9A',
      txid: '90',
      op: 'u',
      sourceCommittedAt: '2026-11-21T11:59:58Z',
      targetCommittedAt: '2026-11-21T11:59:59Z',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      sagaId: 'order-3',
      lastLook: 'the fence has not passed',
    };
    expect(saved(row({ key: '9' }, full), row()).split('\r\n')).toEqual([
      HEADER,
      `shop,stock,9,DIVERGED,different,qty,apply,the event was not applied${AFTER},2026-11-21T11:59:58Z,2026-11-21T11:59:59Z,monolith.public.stock,0,9007199254740993,9007199254740992,0/9A,90,4bf92f3577b34da6a3ce929d0e0e4736,order-3`,
      `${BEFORE}${AFTER},,,,,,,,,,`,
      '',
    ]);
  });

  it.each<[string, DivergenceRow, string]>([
    ['a key of several columns', row({ key: '["a","b"]' }), 'shop,stock,"[""a"",""b""]",DIVERGED,'],
    ['a key with a line break', row({ key: 'a\r\nb' }), 'shop,stock,"a\r\nb",DIVERGED,'],
    ['a key that is a formula', row({ key: '=HYPERLINK("http://x")' }), `"'=HYPERLINK(""http://x"")",DIVERGED,`],
    ['a key that is a command', row({ key: '@SUM(A1)' }), `shop,stock,'@SUM(A1),DIVERGED,`],
    ['a formula in a reason', row({}, { reason: '+1, -1' }), `${BEFORE}"'+1, -1",2026-`],
    ['a formula in an id of a saga', row({}, { sagaId: '-2+3' }), `,'-2+3`],
    ['several columns in one cell', row({ columns: ['qty', 'sku'] }), ',different,qty sku,apply,'],
    ['no column', row({ kind: 'missing', columns: [] }), ',missing,,apply,'],
    ['offset 0 is not no offset', row({}, { partition: 0, offset: '0', firstBadOffset: '0' }), `,,,,0,0,0,,,,`],
  ])('%s', (_, given, text) => expect(line(given)).toContain(text));

  it('holds no value of a row, masked or not, whoever hands it a row with values', () => {
    const values = { qty: 'secret-quantity', card: 'secret-card' };
    const text = toCsv(
      divergencesCsv([row({ columns: ['card'] }, { source: values, target: values, expected: values })]),
    );
    expect(text).toContain(',card,');
    expect(text).not.toContain('secret');
  });
});
