'use client';
import { formatCount, formatFigure, formatRatio, formatSpan } from '#lib/core/format/figure.ts';
import { formatWhen, type TimeZone } from '#lib/core/format/time.ts';
import type { CriterionVerdict, VerdictWord } from '#lib/core/verdict/verdict.ts';
import type { StagePage } from '#lib/services/read/readStage.ts';
import { CsvButton } from '../../../_ui/csvButton.tsx';
import { Panel } from '../../../_ui/panel.tsx';
import { STATUS_NAMES, Status } from '../../../_ui/status.tsx';

interface CriteriaTableProps {
  readonly page: StagePage;
  readonly zone: TimeZone;
  readonly nowMs: number;
}

/** Each criterion with what was observed, its limit, its bound, its sample and what is missing. */
export function CriteriaTable({ page, zone, nowMs }: CriteriaTableProps) {
  const { criteria } = page.stage;
  const having = (word: VerdictWord) => criteria.filter(({ verdict }) => verdict === word).length;
  const waived = having('waived');
  return (
    <Panel
      title={`Criteria: ${having('pass')} of ${criteria.length} met${waived === 0 ? '' : `, ${waived} waived`}`}
      actions={
        <CsvButton fileName={`${page.context.id}-${page.stage.stage}-criteria.csv`} rows={() => csvOf(criteria)} />
      }
    >
      <table className="grid-table">
        <thead>
          <tr>
            <th className="w-[34%]">Criterion</th>
            <th>Verdict</th>
            <th className="num">Observed</th>
            <th className="max-lg:hidden xl:min-w-[132px]">Limit</th>
            <th className="num max-xl:hidden" title="Anytime-valid upper bound of the bad share">
              Bad share at most
            </th>
            <th className="num max-md:hidden">n</th>
            <th className="num max-md:hidden">Bad</th>
            <th className="num max-xl:hidden">Since</th>
            <th className="max-md:hidden">Evidence</th>
          </tr>
        </thead>
        <tbody>
          {criteria.map((criterion) => (
            <tr key={criterion.id} id={criterion.id} className={criterion.verdict === 'fail' ? 'bg-fail-soft/55' : ''}>
              <td className="py-2.5">
                <span className="font-medium">{criterion.title}</span>
                <span className="block max-w-[64ch] text-xs text-ink-2">{criterion.reason}</span>
              </td>
              <td>
                <Status word={criterion.verdict} />
              </td>
              <td className="num font-medium">{observedText(criterion)}</td>
              <td className="max-lg:hidden">{criterion.limitText}</td>
              <td className="num max-xl:hidden">
                {criterion.bound === null ? '–' : formatRatio(Math.min(1, criterion.bound))}
              </td>
              <td className="num max-md:hidden">{formatCount(criterion.n)}</td>
              <td className="num max-md:hidden">{formatCount(criterion.failures)}</td>
              <td className="num max-xl:hidden">{formatWhen(Date.parse(criterion.since), nowMs, zone)}</td>
              <td className="max-md:hidden">
                <Evidence criterion={criterion} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** How far the evidence is on its way to a pass. */
function Evidence({ criterion }: { criterion: CriterionVerdict }) {
  const { remaining, n, verdict } = criterion;
  const text = remainingText(criterion);
  if (verdict === 'pass' || remaining === null || remaining.events <= 0)
    return <span className="text-xs text-ink-2">{text}</span>;
  const share = n / (n + remaining.events);
  return (
    <span className="block min-w-[130px]">
      <span className="block text-xs whitespace-nowrap text-ink-2">{text}</span>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" className="mt-1 h-1 w-full" role="img">
        <title>{`${formatRatio(share)} of the evidence is there`}</title>
        <rect width="100" height="4" rx="2" className="fill-nodata-soft" />
        <rect width={share * 100} height="4" rx="2" className="fill-inconclusive" />
      </svg>
    </span>
  );
}

function remainingText({ remaining, verdict }: CriterionVerdict): string {
  if (verdict === 'pass') return 'complete';
  if (remaining === null || remaining.events <= 0) return verdict === 'fail' ? 'a new attempt' : '–';
  const eta = remaining.etaSeconds === null ? '' : `, ${formatSpan(remaining.etaSeconds * 1000)}`;
  return `${formatCount(remaining.events)} more${eta}`;
}

function observedText({ observed, unit, target, verdict }: CriterionVerdict): string {
  return observed === null || verdict === 'no_data' ? '–' : formatFigure(observed, unit, target || observed);
}

function csvOf(criteria: readonly CriterionVerdict[]) {
  return [
    [
      'criterion',
      'title',
      'verdict',
      'observed',
      'unit',
      'limit',
      'n',
      'bad',
      'pending',
      'unknown',
      'bound of bad share',
      'e-value',
      'e-threshold',
      'remaining events',
      'eta seconds',
      'since',
      'reason',
    ],
    ...criteria.map((one) => [
      one.id,
      one.title,
      STATUS_NAMES[one.verdict],
      one.observed,
      one.unit,
      one.limitText,
      one.n,
      one.failures,
      one.pending,
      one.unknown,
      one.bound,
      one.eValue,
      one.eThreshold,
      one.remaining?.events ?? null,
      one.remaining?.etaSeconds ?? null,
      one.since,
      one.reason,
    ]),
  ];
}
