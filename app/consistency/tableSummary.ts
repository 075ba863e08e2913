// A mapped table in one word and one sentence, from its newest complete comparison and its open divergences.
import { formatCount } from '#lib/core/format/figure.ts';
import type { DivergenceRow } from '#lib/ports/readStore.ts';
import type { TableConsistency } from '#lib/services/read/readConsistency.ts';
import type { StatusWord } from '../_ui/status.tsx';

export const KINDS = ['different', 'missing', 'extra', 'in_flight', 'unverified'] as const;
export type KindFilter = (typeof KINDS)[number];

/** The tile to which a divergence belongs: what kind it is if it is proved, else why it is not settled. */
export function kindOf({ state, kind }: Pick<DivergenceRow, 'state' | 'kind'>): KindFilter {
  if (state === 'PENDING' || state === 'STALLED') return 'in_flight';
  if (state === 'UNKNOWN') return 'unverified';
  return kind === 'missing' || kind === 'extra' ? kind : 'different';
}

/** Open divergences by tile, over the tables given. */
export function countByKind(tables: readonly TableConsistency[]): Record<KindFilter, number> {
  const counts = { different: 0, missing: 0, extra: 0, in_flight: 0, unverified: 0 };
  for (const { counts: rows } of tables) for (const row of rows) counts[kindOf(row)] += row.count;
  return counts;
}

export interface Summary {
  readonly word: StatusWord;
  readonly title: string;
  readonly sentence: string;
}

/** What the tables say together. */
export function summaryOf(tables: readonly TableConsistency[]): Summary {
  const counts = countByKind(tables);
  const proved = counts.different + counts.missing + counts.extra;
  const compared = tables.reduce((sum, { complete }) => sum + (complete?.rowsCompared ?? 0), 0);
  const neverCompared = tables.filter(({ complete }) => complete === null).map(({ table }) => table);
  const flight =
    counts.in_flight === 0
      ? ''
      : ` ${formatCount(counts.in_flight)} ${counts.in_flight === 1 ? 'row is' : 'rows are'} in flight: not settled, so not counted.`;
  if (proved > 0) {
    const of = compared === 0 ? '' : ` of ${formatCount(compared)}`;
    return {
      word: 'fail',
      title: `${formatCount(proved)}${of} rows ${proved === 1 ? 'differs, and it' : 'differ, and every one'} is proved`,
      sentence: `${formatCount(counts.different)} different, ${formatCount(counts.missing)} missing in the service, ${formatCount(counts.extra)} extra.${flight}`,
    };
  }
  if (neverCompared.length > 0) {
    return {
      word: 'no_data',
      title: neverCompared.length === tables.length ? 'Nothing is compared yet' : 'Not every table is compared yet',
      sentence: `No complete pass over ${neverCompared.join(', ')} has ended.${flight}`,
    };
  }
  if (counts.unverified > 0) {
    return {
      word: 'inconclusive',
      title: `${formatCount(counts.unverified)} rows could not be verified`,
      sentence: `No difference is proved in ${formatCount(compared)} rows compared.${flight}`,
    };
  }
  return {
    word: 'pass',
    title: `All ${formatCount(compared)} rows compared are the same`,
    sentence: `No difference is proved.${flight || ' Nothing is in flight.'}`,
  };
}

export interface Cause {
  readonly key: string;
  readonly leg: string;
  readonly columns: string;
  readonly reason: string;
  readonly rows: readonly DivergenceRow[];
}

/** Divergences with the same leg, columns and reason, the largest group first. */
export function groupByCause(rows: readonly DivergenceRow[]): Cause[] {
  const groups = Map.groupBy(rows, (row) =>
    [row.leg, row.columns.join(', '), row.detail.reason ?? row.kind].join('\u0000'),
  );
  return [...groups]
    .map(([key, members]) => ({
      key,
      leg: members[0]?.leg ?? 'unknown',
      columns: members[0]?.columns.join(', ') ?? '',
      reason: members[0]?.detail.reason ?? members[0]?.kind ?? '',
      rows: members,
    }))
    .toSorted((a, b) => b.rows.length - a.rows.length);
}
