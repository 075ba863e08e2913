import { formatInstant, type TimeZone } from '#lib/core/format/time.ts';
import { visibleText } from '#lib/core/format/visibleText.ts';
import type { DivergenceRow } from '#lib/ports/readStore.ts';
import type { TableConsistency } from '#lib/services/read/readConsistency.ts';

interface RowDiffProps {
  readonly row: DivergenceRow;
  readonly table: TableConsistency | undefined;
  readonly zone: TimeZone;
}

/** Both rows side by side, column by column, and the newest change event of the key. */
export function RowDiff({ row, table, zone }: RowDiffProps) {
  const { source, target, topic, partition, offset, lsn, txid, committedAt, traceId, reason } = row.detail;
  const columns = [...new Set([...Object.keys(source ?? {}), ...Object.keys(target ?? {})])];
  const facts = [
    lsn === null ? null : `commit ${lsn}`,
    txid === null ? null : `txid ${txid}`,
    topic === null || offset === null ? null : `${topic}-${partition ?? '?'} @ ${offset}`,
    committedAt === null ? null : `committed ${formatInstant(Date.parse(committedAt), zone)}`,
    traceId === null ? null : `trace ${traceId}`,
  ].filter((fact) => fact !== null);
  return (
    <div className="overflow-x-auto rounded-control border border-line bg-surface">
      <table className="w-full table-fixed font-mono text-xs">
        <thead className="bg-surface-2 font-sans text-left text-ink-3">
          <tr className="[&>th]:px-3 [&>th]:py-1.5">
            <th>Column</th>
            <th>{table?.source ?? 'source'}</th>
            <th>{table?.target ?? 'target'}</th>
            <th>Difference</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column) => {
            const isWrong = row.columns.includes(column) || (source === null) !== (target === null);
            return (
              <tr key={column} className={isWrong ? 'bg-fail-soft' : ''}>
                <Cell text={column} />
                <Cell text={source === null ? null : (source[column] ?? null)} missing={source === null} />
                <Cell text={target === null ? null : (target[column] ?? null)} missing={target === null} />
                <Cell text={isWrong ? difference(source?.[column], target?.[column]) : '='} />
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="border-t border-line px-3 py-2 text-xs text-ink-2">
        {visibleText(reason ?? 'no reason was recorded')}
        {facts.map((fact) => (
          <span key={fact} className="ml-4 inline-block font-mono break-all">
            {visibleText(fact)}
          </span>
        ))}
      </p>
    </div>
  );
}

function Cell({ text, missing = false }: { text: string | null; missing?: boolean }) {
  const shown = missing ? 'no row' : text === null ? 'NULL' : visibleText(text);
  return (
    <td className={`!h-[30px] !px-3 !py-1 break-all ${missing || text === null ? 'text-ink-2 italic' : ''}`}>
      {shown}
    </td>
  );
}

/** `+1` for whole numbers, else `≠`. */
function difference(source: string | null | undefined, target: string | null | undefined): string {
  const whole = /^-?\d{1,30}$/;
  if (typeof source !== 'string' || typeof target !== 'string' || !whole.test(source) || !whole.test(target))
    return '≠';
  const delta = BigInt(target) - BigInt(source);
  return delta > 0n ? `+${delta}` : `−${-delta}`;
}
