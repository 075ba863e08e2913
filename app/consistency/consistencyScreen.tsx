'use client';
import { useQueryStates } from 'nuqs';
import { useState } from 'react';
import { formatCount } from '#lib/core/format/figure.ts';
import type { Consistency } from '#lib/services/read/readConsistency.ts';
import { consistencyParsers, type Range, ROW_KINDS } from '#lib/url.ts';
import { Banner } from '../_ui/banner.tsx';
import { banyanCommand } from '../_ui/banyanCommand.ts';
import { EmptyState } from '../_ui/emptyState.tsx';
import { Freshness } from '../_ui/freshness.tsx';
import { Hero } from '../_ui/hero.tsx';
import { PageHead, type Served, useLivePage } from '../_ui/livePage.tsx';
import { Panel } from '../_ui/panel.tsx';
import { StatusShape } from '../_ui/status.tsx';
import { CertificateCard } from './certificateCard.tsx';
import { ContinuousCard } from './continuousCard.tsx';
import { ConvergenceCard } from './convergenceCard.tsx';
import { CoverageCard } from './coverageCard.tsx';
import { Divergences } from './divergences.tsx';
import { RowPanel } from './rowPanel.tsx';
import { kindOf, ROW_STATES } from './rowStates.ts';
import { SelfTestCard } from './selfTestCard.tsx';
import { countByKind, flightText, summaryOf } from './tableSummary.ts';
import { TablesPanel, tableId } from './tablesPanel.tsx';
import { TopCause } from './topCause.tsx';
import { samePlace, useOpenRow } from './useOpenRow.ts';

const urlOf = (range: Range) => `/api/v1/consistency?range=${range}`;

/** The mapped tables: are both sides the same, and where they are not, which row, which column, and why. */
export function ConsistencyScreen(served: Served<Consistency>) {
  const [{ only, kind, cause }, setFilter] = useQueryStates(consistencyParsers, { history: 'replace' });
  const [unmasked, setUnmasked] = useState(false);
  const live = useLivePage(served, urlOf);
  const { nowMs, zone } = live;
  const { tables, divergences, causes, truncated } = live.view;
  const open = useOpenRow(tables);
  const own = only === null ? tables : tables.filter((table) => tableId(table) === only);
  const summary = summaryOf(tables);
  const counts = countByKind(own);
  const clean = own.reduce((sum, { complete }) => sum + (complete?.clean ?? 0), 0);
  const ownCauses = causes.filter((one) => only === null || tableId(one) === only);
  const chosen = cause === null ? null : new Set(causes.find(({ id }) => id === cause)?.keys ?? []);
  const rows = divergences.filter(
    (row) =>
      (only === null || tableId(row) === only) &&
      (kind === null || kindOf(row) === kind) &&
      (chosen === null || chosen.has(row.key)),
  );
  const { place } = open;
  const asOf = tables
    .flatMap(({ newest }) => (newest === null ? [] : [newest.finishedAt ?? newest.startedAt]))
    .toSorted()
    .at(-1);
  const shown = own[0];
  return (
    <>
      <PageHead page={live} crumbs={[{ name: live.view.migration ?? 'Banyan', path: '/' }, { name: 'Consistency' }]} />
      {tables.length === 0 ? (
        <NoTables />
      ) : (
        <>
          <SilentBanner tables={tables} />
          <Hero
            word={summary.word}
            title={summary.title}
            sentence={summary.sentence}
            more={<TopCause causes={causes} />}
            note={<Freshness asOf={asOf ?? null} ages={live.view.ages} nowMs={nowMs} zone={zone} />}
          />
          <TablesPanel tables={tables} nowMs={nowMs} zone={zone} />
          <fieldset className="my-4 flex flex-wrap gap-2" aria-label="Rows by state">
            {ROW_KINDS.map((one) => (
              <button
                key={one}
                type="button"
                title={ROW_STATES[one].meaning}
                aria-pressed={kind === one}
                onClick={() => setFilter({ kind: kind === one ? null : one, cause: null })}
                className="control px-3 py-[7px] aria-pressed:border-ink-2"
              >
                <StatusShape
                  word={counts[one] > 0 ? ROW_STATES[one].word : clean > 0 ? 'pass' : 'not_started'}
                  size={15}
                />
                <b className="font-semibold text-ink tabular-nums">{formatCount(counts[one])}</b> {one}
              </button>
            ))}
            <span className="inline-flex items-center gap-1.5 px-3 text-sm text-ink-2">
              <StatusShape word={clean > 0 ? 'pass' : 'no_data'} size={15} />
              <b className="font-semibold text-ink tabular-nums">{formatCount(clean)}</b> clean
            </span>
          </fieldset>
          <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_300px]">
            <div className="grid min-w-0 gap-4">
              {place === null || rows.some((row) => samePlace(row, place)) ? null : (
                <Panel title={`Row ${place.key} of ${place.context}/${place.table}`}>
                  <div className="p-3.5">
                    <RowPanel key={JSON.stringify(place)} place={place} unmasked={unmasked} nowMs={nowMs} zone={zone} />
                  </div>
                </Panel>
              )}
              <Divergences
                rows={rows}
                causes={ownCauses}
                nothingWrong={divergences.length === 0}
                flight={flightText(own)}
                truncated={truncated}
                open={open}
                unmasked={unmasked}
                onMask={(masked) => setUnmasked(!masked)}
                nowMs={nowMs}
                zone={zone}
              />
            </div>
            {shown === undefined ? null : (
              <aside
                className="grid items-start gap-4 md:max-xl:grid-cols-2"
                aria-label={`Comparison of ${shown.table}`}
              >
                <CoverageCard table={shown} nowMs={nowMs} zone={zone} />
                <ContinuousCard table={shown} nowMs={nowMs} zone={zone} />
                <ConvergenceCard table={shown} />
                <SelfTestCard key={shown.context} context={shown.context} nowMs={nowMs} zone={zone} />
                <CertificateCard context={shown.context} />
              </aside>
            )}
          </div>
        </>
      )}
    </>
  );
}

/** Over figures that nobody keeps any more. */
function SilentBanner({ tables }: { tables: Consistency['tables'] }) {
  const silent = tables.flatMap(({ sweeps }) => (sweeps?.silent === true ? [sweeps] : []));
  const [first] = silent;
  if (first === undefined) return null;
  return (
    <Banner word="no_data">
      <b className="font-semibold">Nobody is comparing{silent.length < tables.length ? ' every table' : ''}.</b> The
      worker with the role verify was last heard of at {first.checkedAt.slice(11, 19)} UTC; what stands here is what it
      knew then. Start it: <code className="text-xs">banyan start</code>.
    </Banner>
  );
}

function NoTables() {
  return (
    <EmptyState level="page" title="No table is mapped yet" command={banyanCommand('check')}>
      <p>
        Banyan compares the rows of the monolith with those of the service, table by table. Name both databases and at
        least one table under <code className="text-xs">contexts[].tables</code> in banyan.yaml; the command below
        probes them.
      </p>
    </EmptyState>
  );
}
