import { formatCount, formatSpan } from '#lib/core/format/figure.ts';
import type { CriterionVerdict } from '#lib/core/verdict/verdict.ts';
import type { StagePage } from '#lib/services/read/readStage.ts';
import { Panel } from '../../../_ui/panel.tsx';
import { StatusShape } from '../../../_ui/status.tsx';

/** The way from here to a pass, criterion by criterion. */
export function WhatWouldPass({ page }: { page: StagePage }) {
  const open = page.stage.criteria.filter(
    (criterion) => criterion.verdict !== 'pass' && criterion.verdict !== 'waived',
  );
  if (open.length === 0) return null;
  return (
    <Panel className="mt-5" title="What would make it pass">
      <ul className="divide-y divide-line">
        {open.map((criterion) => (
          <li key={criterion.id} className="flex items-start gap-3 px-4 py-2.5 text-sm">
            <span className="mt-0.5">
              <StatusShape word={criterion.verdict} size={16} />
            </span>
            <span>
              <b className="font-medium">{criterion.title}:</b> {stepOf(criterion, page)}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function stepOf(criterion: CriterionVerdict, page: StagePage): string {
  if (page.stale) return 'start the worker again; the evidence is kept and goes on from where it was.';
  switch (criterion.verdict) {
    case 'fail':
      return `put the cause right, then open a new attempt. A failed attempt does not heal by waiting; the new one starts without evidence and must show ${criterion.limitText}.`;
    case 'inconclusive':
      return moreEvidence(criterion);
    case 'error':
      return `its input is not valid: ${criterion.reason}.`;
    case 'no_data':
      return criterion.n === 0
        ? `it needs its first evidence. ${criterion.reason}.`
        : `its evidence stopped. ${criterion.reason}.`;
    case 'pass':
    case 'waived':
      return 'nothing more.';
    default:
      return criterion.verdict satisfies never;
  }
}

function moreEvidence({ remaining, reason }: CriterionVerdict): string {
  if (remaining === null || remaining.events <= 0) return `${reason}.`;
  const eta =
    remaining.etaSeconds === null
      ? 'nothing comes at the moment, so no time can be told'
      : `about ${formatSpan(remaining.etaSeconds * 1000)} at the present rate`;
  return `${formatCount(remaining.events)} more observations without a bad one: ${eta}.`;
}
