'use client';
import { formatClock, formatWhen } from '#lib/core/format/time.ts';
import type { StagePage } from '#lib/services/read/readStage.ts';
import type { Range } from '#lib/url.ts';
import { EmptyState } from '../../../_ui/emptyState.tsx';
import { Freshness } from '../../../_ui/freshness.tsx';
import { GateBox } from '../../../_ui/gateBox.tsx';
import { Hero } from '../../../_ui/hero.tsx';
import { KpiCard } from '../../../_ui/kpiCard.tsx';
import { PageHead, type Served, useLivePage } from '../../../_ui/livePage.tsx';
import { Rail } from '../../../_ui/rail.tsx';
import type { StatusWord } from '../../../_ui/status.tsx';
import { RelaxedBanner, StaleBanner } from '../../../notices.tsx';
import { wordOf } from '../../../stageWord.ts';
import { Attempts } from './attempts.tsx';
import { CriteriaTable } from './criteriaTable.tsx';
import { History } from './history.tsx';
import { StageActions } from './stageActions.tsx';
import { WhatWouldPass } from './whatWouldPass.tsx';

/** One stage: its verdict, the criteria it rests on, their course, and what came before. */
export function StageScreen(served: Served<StagePage>) {
  const { context, stage: of } = served.initial;
  const { id, name, relaxed } = context;
  const urlOf = (range: Range) => `/api/v1/contexts/${encodeURIComponent(id)}/stages/${of.stage}?range=${range}`;
  const live = useLivePage(served, urlOf);
  const { view: page, zone, nowMs, hrefOf } = live;
  const { stage } = page;
  const word = wordOf(stage);
  const started = stage.phase !== 'not_started';
  return (
    <>
      <PageHead
        page={live}
        crumbs={[{ name: page.migration ?? 'Banyan', path: '/' }, { name, path: '/' }, { name: stage.stageTitle }]}
      />
      {relaxed ? <RelaxedBanner /> : null}
      {page.stale ? <StaleBanner /> : null}
      <Hero
        word={word}
        title={`${stage.stageTitle} ${PHRASES[word]}`}
        sentence={
          started ? stage.reason : 'This stage has not started: nothing is evaluated and nothing counts against it.'
        }
        note={
          <>
            <Freshness asOf={started ? stage.evaluatedAt : null} ages={page.ages} nowMs={nowMs} zone={zone} />
            {started ? ` · valid until ${formatClock(Date.parse(stage.validUntil), zone)}` : null}
            {stage.epoch === null
              ? null
              : ` · attempt ${stage.epoch.attempt} since ${formatWhen(Date.parse(stage.epoch.startedAt), nowMs, zone)}`}
          </>
        }
        aside={
          <>
            <GateBox {...page.gate} />
            <StageActions page={page} zone={zone} nowMs={nowMs} />
          </>
        }
      />
      <Rail
        label={`Stages of ${name}`}
        steps={page.stages.map((step) => ({
          id: step.id,
          title: step.title,
          word: wordOf(step),
          current: step.id === stage.stage,
          href: hrefOf(`/contexts/${id}/${step.id}`),
        }))}
      />
      {started ? (
        <>
          <CriteriaTable page={page} zone={zone} nowMs={nowMs} />
          <WhatWouldPass page={page} />
        </>
      ) : (
        <section className="card">
          <EmptyState word="not_started" title="Not started">
            Its criteria are evaluated from the moment it becomes the current stage. The button above moves the context
            here, after it has said what that does; a pipeline posts to{' '}
            <code className="text-xs">/api/v1/contexts/{id}/stage</code>.
          </EmptyState>
        </section>
      )}
      <section className="mt-5 grid grid-cols-1 gap-4 lg:grid-cols-2" aria-label="KPIs on one time axis">
        <h2 className="sr-only">KPIs on one time axis</h2>
        {page.cards.map((card) => (
          <KpiCard key={card.chart.id} {...card} zone={zone} height={168} group="stage" />
        ))}
      </section>
      <div className="mt-5 grid grid-cols-1 gap-4 xl:grid-cols-2">
        <History page={page} zone={zone} nowMs={nowMs} />
        <Attempts page={page} zone={zone} nowMs={nowMs} />
      </div>
      {page.stage.epoch === null ? null : (
        <p className="mt-4 text-xs text-ink-3">
          Evidence of build <code>{page.stage.epoch.build ?? 'not reported'}</code> against criteria{' '}
          <code>{page.stage.epoch.criteriaDigest.slice(0, 19)}</code>. A change of either opens a new attempt without
          evidence.
        </p>
      )}
    </>
  );
}

const PHRASES: Record<StatusWord, string> = {
  pass: 'passes',
  waived: 'passes with a waiver',
  fail: 'does not pass',
  inconclusive: 'is not yet proved',
  no_data: "can't be judged: evidence is missing",
  error: "can't be judged: an input is not valid",
  running: 'is running',
  not_started: 'has not started',
};
