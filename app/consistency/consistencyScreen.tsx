'use client';
import { useQueryStates } from 'nuqs';
import { formatCount } from '#lib/core/format/figure.ts';
import type { Consistency } from '#lib/services/read/readConsistency.ts';
import { consistencyParsers } from '#lib/url.ts';
import { useNow } from '../_ui/age.tsx';
import { EmptyState } from '../_ui/emptyState.tsx';
import { Freshness } from '../_ui/freshness.tsx';
import { Hero } from '../_ui/hero.tsx';
import { RefreshProblem } from '../_ui/refreshProblem.tsx';
import { StatusShape, type StatusWord } from '../_ui/status.tsx';
import { TopBar } from '../_ui/topBar.tsx';
import { useLiveView } from '../_ui/useLiveView.ts';
import { useViewState } from '../_ui/viewState.ts';
import { CoverageCard } from './coverageCard.tsx';
import { Divergences } from './divergences.tsx';
import { countByKind, KINDS, type KindFilter, kindOf, summaryOf } from './tableSummary.ts';

const URL = '/api/v1/consistency';

const TILES: Record<KindFilter, { name: string; some: StatusWord }> = {
  different: { name: 'different', some: 'fail' },
  missing: { name: 'missing', some: 'fail' },
  extra: { name: 'extra', some: 'fail' },
  in_flight: { name: 'in flight', some: 'inconclusive' },
  unverified: { name: 'unverified', some: 'no_data' },
};

/** The mapped tables: are both sides the same, and where they are not, which row, which column, and why. */
export function ConsistencyScreen({ initial, servedAtMs }: { initial: Consistency; servedAtMs: number }) {
  const { view } = useViewState();
  const [filter, setFilter] = useQueryStates(consistencyParsers, { history: 'replace' });
  const live = useLiveView({ url: URL, initial, initialUrl: URL, servedAtMs, live: view.live });
  const nowMs = useNow(servedAtMs);
  const { tables, divergences } = live.view;
  const summary = summaryOf(tables);
  const counts = countByKind(tables);
  const clean = tables.reduce((sum, { complete }) => sum + (complete?.clean ?? 0), 0);
  const asOf = tables
    .flatMap(({ newest }) => (newest === null ? [] : [newest.finishedAt ?? newest.startedAt]))
    .toSorted()
    .at(-1);
  const shown = filter.kind === 'all' ? divergences : divergences.filter((row) => kindOf(row) === filter.kind);
  return (
    <>
      <TopBar crumbs={[{ name: live.view.migration ?? 'Banyan', path: '/' }, { name: 'Consistency' }]} ranged={false} />
      <RefreshProblem problem={live.problem} refreshedAtMs={live.refreshedAtMs} zone={view.tz} />
      {tables.length === 0 ? (
        <EmptyState level="page" title="No table is mapped yet" command="banyan check">
          <p>
            Banyan compares the rows of the monolith with those of the service, table by table. Name both databases and
            at least one table under <code className="text-xs">contexts[].tables</code> in banyan.yaml; the command
            below probes them.
          </p>
        </EmptyState>
      ) : (
        <>
          <Hero
            word={summary.word}
            title={summary.title}
            sentence={summary.sentence}
            note={<Freshness asOf={asOf ?? null} ages={live.view.ages} nowMs={nowMs} zone={view.tz} />}
          />
          <fieldset className="my-4 flex flex-wrap gap-2" aria-label="Rows by state">
            {KINDS.map((kind) => (
              <button
                key={kind}
                type="button"
                aria-pressed={filter.kind === kind}
                onClick={() => setFilter({ kind: filter.kind === kind ? null : kind, row: null })}
                className="control px-3 py-[7px] aria-pressed:border-ink-2"
              >
                <StatusShape word={counts[kind] > 0 ? TILES[kind].some : settledWord(kind)} size={15} />
                <b className="font-semibold text-ink tabular-nums">{formatCount(counts[kind])}</b> {TILES[kind].name}
              </button>
            ))}
            <span className="inline-flex items-center gap-1.5 px-3 text-sm text-ink-2">
              <StatusShape word={clean > 0 ? 'pass' : 'no_data'} size={15} />
              <b className="font-semibold text-ink tabular-nums">{formatCount(clean)}</b> clean
            </span>
          </fieldset>
          <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[minmax(0,1fr)_300px]">
            <Divergences
              rows={shown}
              all={divergences}
              tables={tables}
              truncated={live.view.truncated}
              nowMs={nowMs}
              zone={view.tz}
            />
            <aside className="grid gap-4" aria-label="Comparison">
              {tables.map((table) => (
                <CoverageCard key={`${table.context}/${table.table}`} table={table} nowMs={nowMs} zone={view.tz} />
              ))}
            </aside>
          </div>
        </>
      )}
    </>
  );
}

const settledWord = (kind: KindFilter): StatusWord =>
  kind === 'unverified' || kind === 'in_flight' ? 'no_data' : 'pass';
