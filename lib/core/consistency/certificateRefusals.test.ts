import { describe, expect, it } from 'vitest';
import { certificateBytes, certificateOf, wrongDigest } from './certificate.ts';
import { type CertifiableTable, type CleanRun, certificateRefusals } from './certificateRefusals.ts';
import { certificateStatement } from './certificateStatement.ts';

const at = (nextOffset: bigint, part = 0, topic = 'orders') => ({ topic, part, nextOffset });

const RUN: CleanRun = {
  id: 'run-1',
  mappingDigest: 'sha256:m',
  startedAtMs: 1_000,
  endedAtMs: 2_000,
  rowsCompared: 300n,
  rangesDone: 3,
  rangesTotal: 3,
  coveragePercent: 100,
  clean: 300n,
  diverged: 0n,
  pending: 0n,
  stalled: 0n,
  conflict: 0n,
  unknown: 0n,
  cleanPass: true,
  notCleanBecause: null,
  source: { rows: 300n, sum1: 2n ** 64n - 1n, sum2: 7n },
  target: { rows: 300n, sum1: 2n ** 64n - 1n, sum2: 7n },
  startOffsets: [at(5n), at(9n, 1)],
  endOffsets: [at(9n, 1), at(8n)],
};
const TABLE: CertifiableTable = {
  table: 'stock',
  source: 'monolith.public.inventory',
  target: 'inventory.public.stock_level',
  mappingDigest: 'sha256:m',
  run: RUN,
  underWay: 'the newest is running, 40 % of the keys compared',
  divergedNow: 0n,
  followed: [at(8n), at(12n, 1)],
  canariesWrong: false,
  waiting: [at(8n)],
};
const run = (change: Partial<CleanRun>): Partial<CertifiableTable> => ({ run: { ...RUN, ...change } });

describe('why no certificate can be issued', () => {
  it.each<[string, Partial<CertifiableTable>]>([
    ['every range clean, every change up to the vector judged', {}],
    ['nobody follows the changes: the pass has judged them', { followed: [], waiting: [] }],
    ['what waits came after the vector', { waiting: [at(8n), at(900n, 1)] }],
    ['another topic waits', { followed: [at(1n, 0, 'else')], waiting: [at(1n, 0, 'else')] }],
  ])('none: %s', (_, change) => expect(certificateRefusals([{ ...TABLE, ...change }])).toEqual([]));

  it.each<[string, Partial<CertifiableTable>, string, RegExp]>([
    ['no complete pass', { run: null }, 'no_pass', /running, 40 % of the keys/],
    ['no pass at all', { run: null, underWay: null }, 'no_pass', /none was begun/],
    ['another mapping since', { mappingDigest: 'sha256:other' }, 'mapping_changed', /mapping has changed/],
    ['a range that was not compared', run({ rangesDone: 2 }), 'incomplete', /2 of 3 ranges/],
    ['no range', run({ rangesDone: 0, rangesTotal: 0 }), 'incomplete', /0 of 0 ranges/],
    ['keys that were not reached', run({ coveragePercent: 99 }), 'incomplete', /99 %/],
    ['a divergent key', run({ diverged: 2n, cleanPass: false }), 'open_keys', /2 diverged/],
    ['a pending key', run({ pending: 1n, cleanPass: false }), 'open_keys', /1 pending/],
    ['a stalled key', run({ stalled: 1n, cleanPass: false }), 'open_keys', /1 stalled/],
    ['a conflict', run({ conflict: 1n, cleanPass: false }), 'open_keys', /1 conflict/],
    ['an unknown key', run({ unknown: 1n, cleanPass: false }), 'open_keys', /1 unknown/],
    ['an open key that the pass forgot to mind', run({ pending: 1n }), 'open_keys', /1 pending/],
    ['a repair', run({ cleanPass: false, notCleanBecause: '1 key was mended' }), 'not_clean', /mended/],
    ['a pass without a word', run({ cleanPass: false }), 'not_clean', /not a clean one/],
    ['a key that is divergent now', { divergedNow: 1n }, 'diverged_now', /1 key is divergent now/],
    ['canaries that may be wrong now', { canariesWrong: true }, 'self_test', /on purpose/],
    ['no vector', run({ startOffsets: [], endOffsets: [] }), 'gap', /no partition/],
    ['a partition that was lost', run({ endOffsets: [at(8n)] }), 'gap', /partition 1 was not followed to the end/],
    ['a partition that came', run({ startOffsets: [at(5n)] }), 'gap', /partition 1 came during/],
    ['a topic made anew', run({ endOffsets: [at(4n), at(9n, 1)] }), 'gap', /from offset 5 to 4/],
    ['changes not judged yet', { followed: [at(7n)] }, 'not_settled', /up to offset 7 of 8/],
    ['a change that was put by', { waiting: [at(7n)] }, 'not_settled', /offset 7 waits/],
  ])('%s', (_, change, kind, reason) => {
    expect(certificateRefusals([TABLE, { ...TABLE, ...change, table: 'bad' }])).toEqual([
      { kind, table: 'bad', reason: expect.stringMatching(reason) },
    ]);
  });

  it('a context without a table has nothing to certify', () => {
    expect(certificateRefusals([])).toEqual([{ kind: 'no_table', table: null, reason: 'the context maps no table' }]);
  });

  it('all reasons are told at once', () => {
    const bad = { ...TABLE, ...run({ rangesDone: 1, stalled: 1n }), mappingDigest: 'other', divergedNow: 3n };
    expect(certificateRefusals([bad]).map(({ kind }) => kind)).toEqual([
      'mapping_changed',
      'incomplete',
      'open_keys',
      'diverged_now',
    ]);
  });
});

describe('the document', () => {
  const subject = (tables: readonly CertifiableTable[]) => ({
    migration: 'acme',
    context: 'inventory',
    workerVersion: '0.1.0',
    tables: tables.map((facts) => ({ facts, run: RUN })),
  });
  const other = { ...TABLE, table: 'aisle' };

  it('has one form, in whatever order tables and partitions came', () => {
    const form = (tables: readonly CertifiableTable[]) =>
      new TextDecoder().decode(certificateBytes(certificateOf(subject(tables), 3_000)));
    expect(form([TABLE, other])).toBe(form([other, TABLE]));
    expect(form([TABLE])).toMatch(/^\{"context":"inventory","issuedAt":"1970-01-01T00:00:03.000Z","migration":"acme"/);
    expect(form([TABLE])).toContain(
      '"offsets":[{"nextOffset":"8","partition":0,"topic":"orders"},{"nextOffset":"9","partition":1,"topic":"orders"}]',
    );
    expect(form([TABLE])).toContain('"source":{"rows":"300","sum1":"18446744073709551615","sum2":"7"}');
  });

  it('says what it proves and how old it is', () => {
    const lines = certificateStatement(certificateOf(subject([TABLE]), 3_000), 63_000);
    expect(lines.join('\n')).toMatch(
      /acme\/inventory: every row of 1 table .*1 min ago.*300 rows compared, 100 %.*digest 300:ffffffffffffffff:0000000000000007.*the same.*orders partition 1: below 9/s,
    );
    const written = { ...TABLE, ...run({ target: { rows: 300n, sum1: 1n, sum2: 7n } }) };
    const told = certificateStatement(
      certificateOf({ ...subject([]), tables: [{ facts: written, run: written.run ?? RUN }] }, 3_000),
      63_000,
    );
    expect(told).toContainEqual(expect.stringMatching(/the digests differ/));
  });

  it('can have no digest of more rows than were compared', () => {
    const with301 = { ...RUN, target: { ...RUN.target, rows: 301n } };
    const certified = (of: CleanRun) => certificateOf({ ...subject([]), tables: [{ facts: TABLE, run: of }] }, 3_000);
    expect(wrongDigest(certified(RUN))).toBeNull();
    expect(wrongDigest(certified(with301))).toBe('the target digest of stock is of 301 rows, and 300 were compared');
  });
});
