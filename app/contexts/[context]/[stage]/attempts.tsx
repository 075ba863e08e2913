import { formatSpan } from '#lib/core/format/figure.ts';
import { formatWhen, type TimeZone } from '#lib/core/format/time.ts';
import type { StagePage } from '#lib/services/read/readStage.ts';
import { Panel } from '../../../_ui/panel.tsx';

/** Attempts at the stage, newest first: each begins without evidence. */
export function Attempts({ page, zone, nowMs }: { page: StagePage; zone: TimeZone; nowMs: number }) {
  return (
    <Panel title="Attempts">
      {page.attempts.length === 0 ? (
        <p className="px-4 py-6 text-sm text-ink-2">No attempt was opened yet. The first begins with the stage.</p>
      ) : (
        <table className="grid-table">
          <thead>
            <tr>
              <th className="num">#</th>
              <th>Since</th>
              <th className="num">Lasted</th>
              <th>Why it began</th>
              <th className="max-sm:hidden">By</th>
            </tr>
          </thead>
          <tbody>
            {page.attempts.map((attempt) => (
              <tr key={attempt.number}>
                <td className="num">{attempt.number}</td>
                <td className="whitespace-nowrap tabular-nums">
                  {formatWhen(Date.parse(attempt.startedAt), nowMs, zone)}
                </td>
                <td className="num">
                  {formatSpan(
                    (attempt.endedAt === null ? nowMs : Date.parse(attempt.endedAt)) - Date.parse(attempt.startedAt),
                  )}
                  {attempt.endedAt === null ? <span className="block text-2xs text-ink-3">so far</span> : null}
                </td>
                <td className="text-ink-2">{attempt.reason}</td>
                <td className="text-ink-2 max-sm:hidden">{attempt.openedBy}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
