// The mapped tables in one word and one sentence, from their newest complete comparison and their open divergences.
import { formatCount } from '#lib/core/format/figure.ts';
import type { TableConsistency } from '#lib/services/read/readTables.ts';
import { ROW_KINDS } from '#lib/url.ts';
import type { StatusWord } from '../_ui/status.tsx';
import { kindOf, type RowKind } from './rowStates.ts';

/** Open divergences by kind, over the tables given. */
export function countByKind(tables: readonly Pick<TableConsistency, 'counts'>[]): Record<RowKind, number> {
  const counts = { different: 0, missing: 0, extra: 0, conflict: 0, unknown: 0, stalled: 0, pending: 0 };
  for (const { counts: rows } of tables) for (const row of rows) counts[kindOf(row)] += row.count;
  return counts;
}

export interface Summary {
  readonly word: StatusWord;
  readonly title: string;
  readonly sentence: string;
}

const rows = (n: number) => `${formatCount(n)} ${n === 1 ? 'row' : 'rows'}`;

/**
 * What is not settled yet, or '': rows that a look left pending, and changed keys that continuous verification has not
 * looked at.
 */
export function flightText(tables: readonly Pick<TableConsistency, 'counts' | 'continuous'>[]): string {
  const { pending } = countByKind(tables);
  const waiting = tables.reduce((sum, { continuous: of }) => sum + (of?.waiting ?? 0) + (of?.stored ?? 0), 0);
  const parts = [
    ...(pending === 0 ? [] : [`${rows(pending)} ${pending === 1 ? 'is' : 'are'} in flight`]),
    ...(waiting === 0
      ? []
      : [`${formatCount(waiting)} changed ${waiting === 1 ? 'key waits' : 'keys wait'} to be judged`]),
  ];
  return parts.length === 0 ? '' : `${parts.join(', ')}: not settled, so not counted.`;
}

const spaced = (sentence: string): string => (sentence === '' ? '' : ` ${sentence}`);

/** What the tables say together. A worker that is silent, or a table never compared, leaves nothing green. */
export function summaryOf(tables: readonly TableConsistency[]): Summary {
  const counts = countByKind(tables);
  const proved = counts.different + counts.missing + counts.extra;
  const compared = tables.reduce((sum, { complete }) => sum + (complete?.rowsCompared ?? 0), 0);
  const neverCompared = tables.filter(({ complete }) => complete === null).map(({ table }) => table);
  const flight = spaced(flightText(tables));
  if (proved > 0) {
    const of = compared === 0 ? '' : ` of ${formatCount(compared)}`;
    return {
      word: 'fail',
      title: `${formatCount(proved)}${of} rows ${proved === 1 ? 'differs, and it' : 'differ, and every one'} is proved`,
      sentence: `${formatCount(counts.different)} different, ${formatCount(counts.missing)} missing in the service, ${formatCount(counts.extra)} extra.${unsettled(counts)}${flight}`,
    };
  }
  if (tables.length > 0 && tables.every(({ sweeps }) => sweeps?.silent === true)) {
    return {
      word: 'no_data',
      title: 'Nobody is comparing rows now',
      sentence:
        'The worker that compares them has stopped; what is shown is what it last knew. Start it: banyan start.',
    };
  }
  if (neverCompared.length > 0) {
    return {
      word: 'no_data',
      title: neverCompared.length === tables.length ? 'Nothing is compared yet' : 'Not every table is compared yet',
      sentence: `No complete pass over ${neverCompared.join(', ')} has ended.${unsettled(counts)}${flight}`,
    };
  }
  const unjudged = counts.conflict + counts.unknown + counts.stalled;
  if (unjudged > 0) {
    return {
      word: 'inconclusive',
      title: `${rows(unjudged)} could not be judged`,
      sentence: `No difference is proved in ${formatCount(compared)} rows compared.${unsettled(counts)}${flight}`,
    };
  }
  return {
    word: 'pass',
    title:
      flight === ''
        ? `All ${formatCount(compared)} rows compared are the same`
        : `No difference in ${formatCount(compared)} rows compared`,
    sentence: `No difference is proved.${flight || ' Nothing is in flight.'}`,
  };
}

function unsettled(counts: Record<RowKind, number>): string {
  const parts = ROW_KINDS.filter((kind) => kind === 'conflict' || kind === 'unknown' || kind === 'stalled')
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${formatCount(counts[kind])} ${kind === 'conflict' ? 'in conflict' : kind}`);
  return parts.length === 0 ? '' : ` Not judged: ${parts.join(', ')}.`;
}
