import { lsnText } from '../core/consistency/lsnText.ts';
import { divergenceKind, type Row, shownRow } from '../core/consistency/row.ts';
import type { KeyFinding } from '../ports/verifyStore.ts';
import { attribution } from './attribution.ts';
import type { JudgedKey } from './judgedKey.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import type { WindowEvent } from './windowEvent.ts';

/** The decision on a key with all that a person needs to look into it; 64-bit values are decimal text. */
export function keyFinding(table: VerifiedTable, judged: JudgedKey): KeyFinding {
  const { key, decision, source, target, writtenBy } = judged;
  const { divergence } = decision;
  const columns = table.mapping.columns.map(({ from }) => from);
  // A value that nobody may see is not kept: `columns` says that it differs.
  const hidden = new Set(table.mapping.columns.filter(({ masked }) => masked).map(({ from }) => from));
  const kept = (row: Row) => shownRow(row, columns, hidden);
  const event = shownEvent(judged);
  const isSources = judged.owner === 'source';
  const atFollower = judged.reverseEvents.at(-1)?.sourceTsUs.toString() ?? null;
  const own = eventDetail(table, event);
  return {
    key,
    verdict: decision.verdict,
    judgedAtMs: judged.judgedAtMs,
    kind: decision.kind ?? divergenceKind(source, target) ?? 'different',
    leg: decision.leg,
    columns: decision.columns,
    detail: {
      reason: decision.reason,
      source: kept(source),
      target: kept(target),
      // Tells a row that nobody has written since from one that holds the same again.
      writtenBy: [writtenBy.source, writtenBy.target].map((txId) => txId?.toString() ?? null),
      // Of the target's row: where it is the owner, the source is what is wrong.
      expected: isSources && divergence?.expectedFrom.kind === 'event' ? kept(divergence.expected) : null,
      owner: judged.owner,
      topic: isSources ? table.forward.topic : (table.reverse?.topic ?? null),
      ...own,
      sourceTsUs: isSources ? own.sourceTsUs : atFollower,
      targetTsUs: isSources ? atFollower : own.sourceTsUs,
      firstBadOffset: divergence?.firstBadOffset?.toString() ?? null,
    },
  };
}

/** The event that gives the expected value, else the newest one that the source's reader saw, else the newest held. */
function shownEvent({ decision, events }: JudgedKey): WindowEvent | undefined {
  const { divergence, lastVisible } = decision;
  const shown = divergence?.expectedFrom.kind === 'event' ? divergence.expectedFrom : lastVisible;
  return events.find(({ part, offset }) => part === shown?.part && offset === shown.offset) ?? events.at(-1);
}

function eventDetail(table: VerifiedTable, event: WindowEvent | undefined) {
  const position = event?.position ?? null;
  return {
    partition: event?.part ?? null,
    offset: event?.offset.toString() ?? null,
    lsn: position === null ? null : lsnText(BigInt(position.lsn)),
    txid: event?.txId?.toString() ?? null,
    op: event?.op ?? null,
    sourceTsUs: event?.sourceTsUs.toString() ?? null,
    ...attribution(event?.headers ?? {}, table.sagas),
  };
}
