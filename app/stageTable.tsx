'use client';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import type { VerdictWord } from '#lib/core/verdict/verdict.ts';
import type { ContextBoard } from '#lib/services/read/readBoard.ts';
import type { StageRow } from '#lib/services/read/stageRow.ts';
import { boardParsers, RANGE_NAMES, type Range } from '#lib/url.ts';
import { Button } from './_ui/button.tsx';
import { CsvButton } from './_ui/csvButton.tsx';
import { Panel } from './_ui/panel.tsx';
import { Sparkline } from './_ui/sparkline.tsx';
import { STATUS_NAMES, Status } from './_ui/status.tsx';
import { useViewState } from './_ui/viewState.ts';
import { wordOf } from './stageWord.ts';

const TREND: Readonly<Record<string, string>> = {
  sync_data: 'cdc_lag',
  route_reads: 'latency',
  route_writes: 'saga_success',
};

/** The stages of a context: verdict, why, what is missing. */
export function StageTable({ context, range }: { context: ContextBoard; range: Range }) {
  const [{ show }, setFilter] = useQueryStates(boardParsers, { history: 'replace' });
  const { hrefOf } = useViewState();
  const filters = {
    all: { name: 'All', rows: context.stages },
    attention: { name: 'Needs attention', rows: context.stages.filter(needsAttention) },
    pass: { name: 'Pass', rows: context.stages.filter(reads('pass')) },
    waived: { name: 'Waived', rows: context.stages.filter(reads('waived')) },
  };
  const rows = filters[show].rows;
  return (
    <Panel
      className="mt-5"
      title={`Stages of ${context.name}`}
      filters={(['all', 'attention', 'pass', 'waived'] as const).map((id) => (
        <Button key={id} small aria-pressed={show === id} onClick={() => setFilter({ show: id })}>
          {filters[id].name} {filters[id].rows.length}
        </Button>
      ))}
      actions={<CsvButton fileName={`${context.id}-stages.csv`} rows={() => csvOf(rows)} />}
    >
      <table className="grid-table">
        <thead>
          <tr>
            <th className="num max-md:hidden">#</th>
            <th>Stage</th>
            <th>Verdict</th>
            <th className="num max-md:hidden">Criteria</th>
            <th className="w-full max-md:hidden">Why</th>
            <th className="num max-lg:hidden">Missing</th>
            <th className="max-lg:hidden">{RANGE_NAMES[range].replace('Last ', '')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((stage) => (
            <tr
              key={stage.id}
              className={`relative hover:bg-surface-2 ${stage.verdict === 'fail' && stage.phase !== 'not_started' ? 'bg-fail-soft/55' : ''} ${stage.phase === 'not_started' ? 'text-ink-3' : ''}`}
            >
              <td className="num max-md:hidden">{stage.number}</td>
              <td className="font-medium whitespace-nowrap max-md:whitespace-normal">
                <Link
                  data-row
                  className="after:absolute after:inset-0"
                  href={hrefOf(`/contexts/${context.id}/${stage.id}`)}
                >
                  {stage.title}
                </Link>
                <span className="hidden font-normal text-ink-2 max-md:block">{stage.why}</span>
              </td>
              <td className="max-md:align-top">
                <Status word={wordOf(stage)} />
              </td>
              <td className="num max-md:hidden">
                {stage.total === 0 ? '–' : `${stage.met}/${stage.total}`}
                {stage.waived === 0 ? null : <span className="block text-2xs text-ink-3">{stage.waived} waived</span>}
              </td>
              <td className="max-md:hidden">{stage.why}</td>
              <td className="num max-lg:hidden">{stage.missing ?? '–'}</td>
              <td className="max-lg:hidden">
                <Trend context={context} stage={stage} />
              </td>
            </tr>
          ))}
          {rows.length === 0 ? (
            <tr>
              <td colSpan={7} className="text-ink-3">
                No stage is in this state.
              </td>
            </tr>
          ) : null}
        </tbody>
      </table>
    </Panel>
  );
}

function Trend({ context, stage }: { context: ContextBoard; stage: StageRow }) {
  const card = context.kpis.find((kpi) => kpi.chart.id === TREND[stage.id]);
  if (card === undefined || stage.phase === 'not_started') return null;
  return <Sparkline points={card.chart.points} label={card.chart.title} />;
}

const reads =
  (word: VerdictWord) =>
  (stage: StageRow): boolean =>
    stage.phase !== 'not_started' && stage.verdict === word;
const needsAttention = (stage: StageRow): boolean =>
  stage.phase !== 'not_started' && stage.verdict !== 'pass' && stage.verdict !== 'waived';

function csvOf(rows: readonly StageRow[]) {
  return [
    ['number', 'stage', 'verdict', 'criteria met', 'criteria waived', 'criteria', 'why', 'missing'],
    ...rows.map((row) => [
      row.number,
      row.title,
      STATUS_NAMES[wordOf(row)],
      row.met,
      row.waived,
      row.total,
      row.why,
      row.missing,
    ]),
  ];
}
