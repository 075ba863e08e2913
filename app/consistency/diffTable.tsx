'use client';
import { columnDifference } from '#lib/core/consistency/columnDifference.ts';
import type { MaskedCell } from '#lib/core/consistency/rowDiff.ts';
import { visibleText } from '#lib/core/format/visibleText.ts';
import type { DivergenceDiff, ShownLine } from '#lib/services/read/shownDivergence.ts';
import type { RevealedValues } from '#lib/services/revealValues.ts';

interface DiffTableProps {
  readonly row: DivergenceDiff;
  /** Values that were asked for; the others stay masked. */
  readonly values: RevealedValues | null;
}

/** Both sides column by column; between them what the events say, where that is neither. */
export function DiffTable({ row, values }: DiffTableProps) {
  const hasExpected = row.lines.some((line) => line.expected !== null);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="relative overflow-x-auto" aria-label="The two sides, column by column" tabIndex={0}>
      <table className="w-full min-w-[480px] font-mono text-xs">
        <thead className="bg-surface-2 font-sans text-left text-ink-3">
          <tr className="[&>th]:px-3 [&>th]:py-1.5">
            <th>Column</th>
            <th>{visibleText(row.sourceTable)}</th>
            {hasExpected ? <th>What the events say</th> : null}
            <th>{visibleText(row.targetTable)}</th>
            <th>Difference</th>
          </tr>
        </thead>
        <tbody>
          {row.lines.map((line) => (
            <tr key={line.column} className={line.wrong ? 'bg-fail-soft' : ''}>
              <td className="!h-[30px] !px-3 !py-1 whitespace-nowrap">{nameOf(line)}</td>
              <Cell cell={line.source} text={values?.source?.[line.column]} />
              {hasExpected ? (
                <Cell cell={line.expected ?? line.source} text={(values?.expected ?? values?.source)?.[line.column]} />
              ) : null}
              <Cell cell={line.target} text={values?.target?.[line.column]} />
              <td className="!h-[30px] !px-3 !py-1 whitespace-nowrap">{differenceOf(line, values)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {row.lines.length === 0 ? (
        <p className="px-3 py-2 text-xs text-ink-2">The verifier kept neither row: it saw no column of them.</p>
      ) : null}
    </section>
  );
}

/** By how much is told once both values are shown. */
function differenceOf({ column, wrong, difference }: ShownLine, values: RevealedValues | null): string {
  const should = (values?.expected ?? values?.source)?.[column];
  const found = values?.target?.[column];
  return !wrong || should === undefined || found === undefined ? difference : columnDifference(should, found);
}

const nameOf = ({ column, targetColumn }: ShownLine): string =>
  visibleText(column === targetColumn ? column : `${column} → ${targetColumn}`);

/** A value if it was asked for, else that there is one. */
function Cell({ cell, text }: { cell: MaskedCell; text: string | null | undefined }) {
  const look = '!h-[30px] !px-3 !py-1 break-all';
  if (cell.kind === 'no_row') return <td className={`${look} text-ink-2 italic`}>no row</td>;
  if (cell.kind === 'hidden') return <td className={`${look} text-ink-2 italic`}>not kept</td>;
  if (cell.kind === 'null' || text === null) return <td className={`${look} text-ink-2 italic`}>NULL</td>;
  if (text !== undefined) return <td className={look}>{visibleText(text)}</td>;
  const about = `masked ${cell.shape}, ${cell.length}`;
  return (
    <td className={`${look} text-ink-3`} title={about}>
      <span aria-hidden>••••</span>
      <span className="sr-only">{about}</span>
    </td>
  );
}
