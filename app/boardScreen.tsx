'use client';
import type { Board } from '#lib/services/read/readBoard.ts';
import type { Range } from '#lib/url.ts';
import { EmptyState } from './_ui/emptyState.tsx';
import { Freshness } from './_ui/freshness.tsx';
import { GateBox } from './_ui/gateBox.tsx';
import { Hero } from './_ui/hero.tsx';
import { KpiCard } from './_ui/kpiCard.tsx';
import { PageHead, type Served, useLivePage } from './_ui/livePage.tsx';
import { Rail } from './_ui/rail.tsx';
import { RelaxedBanner, StaleBanner } from './notices.tsx';
import { StageTable } from './stageTable.tsx';
import { wordOf } from './stageWord.ts';

/** The readiness board. */
export function BoardScreen(served: Served<Board>) {
  const page = useLivePage(served, urlOf);
  const { view: board, range, zone, nowMs, hrefOf } = page;
  return (
    <>
      <PageHead page={page} crumbs={[{ name: board.migration ?? 'Banyan' }, { name: 'Readiness' }]} />
      {board.contexts.length === 0 ? <NothingYet /> : null}
      {board.contexts.map((context) => {
        return (
          <section key={context.id} aria-label={context.name} className="mb-10">
            {context.relaxed ? <RelaxedBanner /> : null}
            {context.stale ? <StaleBanner /> : null}
            <Hero
              word={context.headline.verdict ?? 'not_started'}
              title={context.headline.title}
              sentence={context.headline.sentence}
              note={<Freshness asOf={board.asOf} ages={board.ages} nowMs={nowMs} zone={zone} />}
              aside={context.gate === null ? undefined : <GateBox {...context.gate} />}
            />
            <Rail
              label={`Stages of ${context.name}`}
              steps={context.stages.map((stage) => ({
                id: stage.id,
                title: stage.title,
                word: wordOf(stage),
                current: stage.id === context.current,
                href: hrefOf(`/contexts/${context.id}/${stage.id}`),
              }))}
            />
            <section
              className="grid grid-cols-1 gap-4 sm:grid-cols-2 xl:grid-cols-4"
              aria-label={`KPIs of ${context.name}`}
            >
              <h2 className="sr-only">KPIs of {context.name}</h2>
              {context.kpis.map((card) => (
                <KpiCard key={card.chart.id} {...card} zone={zone} group={context.id} />
              ))}
            </section>
            <StageTable context={context} range={range} />
          </section>
        );
      })}
    </>
  );
}

const urlOf = (range: Range): string => `/api/v1/contexts?range=${range}`;

function NothingYet() {
  return (
    <EmptyState level="page" title="No migration is set up yet" command="npm run demo">
      <p>
        Banyan has its store, and no worker has told it yet what to watch. The command below plays a whole migration;
        for your own, write a configuration with <code className="text-xs">banyan init</code> and run{' '}
        <code className="text-xs">banyan start</code>. What is still missing is listed under Setup.
      </p>
    </EmptyState>
  );
}
