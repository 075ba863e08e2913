import { formatInstant, formatWhen, type TimeZone } from '#lib/core/format/time.ts';
import type { StagePage } from '#lib/services/read/readStage.ts';
import { Panel } from '../../../_ui/panel.tsx';
import { Status } from '../../../_ui/status.tsx';

/** Stored verdicts, newest first. */
export function History({ page, zone, nowMs }: { page: StagePage; zone: TimeZone; nowMs: number }) {
  return (
    <Panel title="Verdicts">
      {page.history.length === 0 ? (
        <p className="px-4 py-6 text-sm text-ink-2">
          No verdict is stored yet. One is when a word or a blocking criterion changes.
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="max-h-[340px] overflow-y-auto" aria-label="Verdicts, newest first" tabIndex={0}>
          <table className="grid-table">
            <thead className="sr-only">
              <tr>
                <th>When</th>
                <th>Verdict</th>
                <th>Reason</th>
              </tr>
            </thead>
            <tbody>
              {page.history.map((row) => (
                <tr key={row.id}>
                  <td className="whitespace-nowrap text-ink-2 tabular-nums">
                    <time dateTime={row.evaluatedAt} title={formatInstant(Date.parse(row.evaluatedAt), zone)}>
                      {formatWhen(Date.parse(row.evaluatedAt), nowMs, zone)}
                    </time>
                  </td>
                  <td>
                    <Status word={row.word} />
                  </td>
                  <td className="text-xs text-ink-2">{row.reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Panel>
  );
}
