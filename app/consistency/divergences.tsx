'use client';
import { useQueryStates } from 'nuqs';
import { formatCount } from '#lib/core/format/figure.ts';
import type { TimeZone } from '#lib/core/format/time.ts';
import type { ShownCause, ShownDivergence } from '#lib/services/read/shownDivergence.ts';
import { consistencyParsers } from '#lib/url.ts';
import { banyanCommand } from '../_ui/banyanCommand.ts';
import { Button } from '../_ui/button.tsx';
import { CopyButton } from '../_ui/copyButton.tsx';
import { CsvButton } from '../_ui/csvButton.tsx';
import { EmptyState } from '../_ui/emptyState.tsx';
import { Panel } from '../_ui/panel.tsx';
import { CauseTable } from './causeTable.tsx';
import { divergencesCsv } from './divergencesCsv.ts';
import { DivergenceTable } from './divergenceTable.tsx';
import type { OpenRow } from './useOpenRow.ts';

interface DivergencesProps {
  readonly rows: readonly ShownDivergence[];
  readonly causes: readonly ShownCause[];
  /** True if no row at all is known that is not clean. */
  readonly nothingWrong: boolean;
  /** What is not settled yet, in words, or ''. */
  readonly flight: string;
  readonly truncated: boolean;
  readonly open: OpenRow;
  readonly unmasked: boolean;
  readonly onMask: (masked: boolean) => void;
  readonly nowMs: number;
  readonly zone: TimeZone;
}

const divergedContexts = (rows: readonly ShownDivergence[]) => [
  ...new Set(rows.filter(({ state }) => state === 'DIVERGED').map(({ context }) => context)),
];

/** The rows that are not clean, by row or by cause, each with its diff. */
export function Divergences(props: DivergencesProps) {
  const { rows, causes, nothingWrong, flight, truncated, unmasked, onMask } = props;
  const [{ by, cause }, setFilter] = useQueryStates(consistencyParsers, { history: 'replace' });
  const chosen = causes.find(({ id }) => id === cause);
  return (
    <Panel
      title="Rows that are not clean"
      filters={
        <>
          <Button small aria-pressed={by === 'row'} onClick={() => setFilter({ by: null })}>
            By row {rows.length}
          </Button>
          <Button small aria-pressed={by === 'cause'} onClick={() => setFilter({ by: 'cause', cause: null })}>
            By cause {causes.length}
          </Button>
          {cause === null ? null : (
            <Button small aria-pressed onClick={() => setFilter({ cause: null })}>
              Cause: {chosen?.text ?? 'gone'} ✕
            </Button>
          )}
        </>
      }
      actions={
        <>
          <Button
            small
            aria-pressed={!unmasked}
            title="Values are masked until asked for; each look is written to the audit log"
            onClick={() => onMask(unmasked)}
          >
            Mask values
          </Button>
          <CsvButton fileName="divergences.csv" rows={() => divergencesCsv(rows)} />
          {divergedContexts(rows).map((context, _, all) => (
            <CopyButton
              key={context}
              label={all.length === 1 ? 'Repair SQL' : `Repair SQL of ${context}`}
              title="Copies the command that prints a statement for each divergent row; it runs none of them"
              text={banyanCommand(`verify ${context} --repair-sql > repair.sql`)}
            />
          ))}
        </>
      }
    >
      {rows.length === 0 ? (
        <EmptyState
          word={nothingWrong ? 'pass' : 'not_started'}
          title={nothingWrong ? 'Nothing is wrong' : 'No row is in this state'}
        >
          {nothingWrong
            ? `No row is known to differ. ${flight || 'Nothing is in flight.'} How much was compared stands above.`
            : 'Choose another state or table above, or lift the choice of a cause.'}
        </EmptyState>
      ) : by === 'cause' ? (
        <CauseTable {...props} />
      ) : (
        <DivergenceTable {...props} />
      )}
      {truncated ? (
        <p className="border-t border-line px-4 py-2.5 text-xs text-ink-2">
          The worst {formatCount(500)} rows are listed, and causes are of these; the counts above are complete. The API
          has every row, in pages.
        </p>
      ) : null}
    </Panel>
  );
}
