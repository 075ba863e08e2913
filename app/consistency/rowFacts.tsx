import type { ReactNode } from 'react';
import { formatInstant, type TimeZone } from '#lib/core/format/time.ts';
import { visibleText } from '#lib/core/format/visibleText.ts';
import type { DivergenceDiff } from '#lib/services/read/shownDivergence.ts';
import { Age } from '../_ui/age.tsx';
import { CopyButton } from '../_ui/copyButton.tsx';

interface RowFactsProps {
  readonly row: DivergenceDiff;
  readonly nowMs: number;
  readonly zone: TimeZone;
}

/** When, and by which change event: what leads from the row to its cause. Facts that are not known are left out. */
export function RowFacts({ row, nowMs, zone }: RowFactsProps) {
  const { detail } = row;
  const at = (instant: string) => formatInstant(Date.parse(instant), zone);
  const { topic, partition, offset } = detail;
  return (
    <dl className="grid items-baseline grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 border-t border-line px-3 py-2 text-xs sm:grid-cols-[auto_minmax(0,1fr)_auto_minmax(0,1fr)] [&_dt]:text-ink-3">
      <Fact name="First seen">
        {at(row.firstSeenAt)} (<Age at={row.firstSeenAt} nowMs={nowMs} zone={zone} suffix=" ago" />)
      </Fact>
      <Fact name="Last looked at">
        {at(row.lastSeenAt)} (<Age at={row.lastSeenAt} nowMs={nowMs} zone={zone} suffix=" ago" />)
      </Fact>
      {row.resolvedAt === null ? null : <Fact name="Clean again">{at(row.resolvedAt)}</Fact>}
      {detail.sourceCommittedAt === null ? null : (
        <Fact name="Committed at source">{at(detail.sourceCommittedAt)}</Fact>
      )}
      {detail.targetCommittedAt === null ? null : (
        <Fact name="Committed at target">{at(detail.targetCommittedAt)}</Fact>
      )}
      {topic === null || offset === null ? null : (
        <Fact name="Change event" copy={`${topic}-${partition ?? '?'}@${offset}`}>
          {visibleText(topic)}-{partition ?? '?'} @ {offset}
          {detail.op === null ? '' : `, op ${visibleText(detail.op)}`}
        </Fact>
      )}
      {detail.firstBadOffset === null ? null : (
        <Fact name="First bad offset" copy={detail.firstBadOffset}>
          {visibleText(detail.firstBadOffset)}
        </Fact>
      )}
      {detail.lsn === null ? null : (
        <Fact name="Commit LSN" copy={detail.lsn}>
          {visibleText(detail.lsn)}
        </Fact>
      )}
      {detail.txid === null ? null : (
        <Fact name="Transaction" copy={detail.txid}>
          {visibleText(detail.txid)}
        </Fact>
      )}
      {detail.sagaId === null ? null : (
        <Fact name="Saga" copy={detail.sagaId}>
          {visibleText(detail.sagaId)}
        </Fact>
      )}
      {detail.traceId === null ? null : (
        <Fact name="Trace" copy={detail.traceId}>
          {visibleText(detail.traceId)}
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, copy, children }: { name: string; copy?: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="flex min-w-0 flex-wrap items-center gap-x-2">
        <span className={`min-w-0 break-all ${copy === undefined ? 'tabular-nums' : 'font-mono'}`}>{children}</span>
        {copy === undefined ? null : <CopyButton text={copy} />}
      </dd>
    </>
  );
}
