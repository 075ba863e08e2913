import type { ShownDivergence } from '#lib/services/read/shownDivergence.ts';

const HEAD = [
  'context',
  'table',
  'key',
  'verdict',
  'kind',
  'columns',
  'leg',
  'reason',
  'first seen',
  'last seen',
  'committed at source',
  'committed at target',
  'topic',
  'partition',
  'offset',
  'first bad offset',
  'lsn',
  'txid',
  'trace id',
  'saga id',
];

/** The listed rows for a spreadsheet; like the page, without their values. */
export function divergencesCsv(rows: readonly ShownDivergence[]): (string | number | null)[][] {
  return [
    HEAD,
    ...rows.map(({ detail, ...row }) => [
      row.context,
      row.table,
      row.key,
      row.state,
      row.kind,
      row.columns.join(' '),
      row.leg,
      detail.reason,
      row.firstSeenAt,
      row.lastSeenAt,
      detail.sourceCommittedAt,
      detail.targetCommittedAt,
      detail.topic,
      detail.partition,
      detail.offset,
      detail.firstBadOffset,
      detail.lsn,
      detail.txid,
      detail.traceId,
      detail.sagaId,
    ]),
  ];
}
