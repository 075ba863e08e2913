import { formatInstant, type TimeZone } from '#lib/core/format/time.ts';
import { visibleText } from '#lib/core/format/visibleText.ts';
import type { SetupGroup } from '#lib/services/read/readSetup.ts';
import { Age } from '../_ui/age.tsx';
import { CopyButton } from '../_ui/copyButton.tsx';
import { Panel } from '../_ui/panel.tsx';
import { Status } from '../_ui/status.tsx';
import { PART_WORDS, wordOfPart } from './partWords.ts';
import { countsText } from './setupSummary.ts';

interface SetupGroupPanelProps {
  readonly group: SetupGroup;
  readonly nowMs: number;
  readonly zone: TimeZone;
}

/** One step of the checklist with its live probes. */
export function SetupGroupPanel({ group, nowMs, zone }: SetupGroupPanelProps) {
  return (
    <Panel
      title={group.title}
      actions={<span className="text-xs text-ink-3">{group.parts.length === 0 ? 'off' : countsText(group.parts)}</span>}
    >
      {group.parts.length === 0 ? (
        <div className="flex items-start gap-3 px-4 py-4 text-sm">
          <Status {...PART_WORDS.off} />
          <p className="text-ink-2">
            {group.gives} {group.next}
          </p>
        </div>
      ) : (
        <ul className="divide-y divide-line">
          {group.parts.map((part) => (
            <li key={part.part} className="px-4 py-3 text-sm">
              <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <Status {...PART_WORDS[wordOfPart(part)]} />
                <span className="font-mono text-xs break-all">{part.part}</span>
                <span className="flex-1" />
                <span
                  className="text-xs text-ink-3"
                  title={`checked ${formatInstant(Date.parse(part.checkedAt), zone)}`}
                >
                  for <Age at={part.sinceAt} nowMs={nowMs} zone={zone} />
                </span>
              </div>
              <p className="mt-1 text-ink-2">{visibleText(part.detail)}</p>
              {part.fix === null || part.silent ? null : (
                <p className="mt-2 flex flex-wrap items-center gap-2 rounded-control border border-line bg-surface-2 py-1.5 pr-2 pl-3 text-xs">
                  <span className="text-ink-3">{PART_WORDS[wordOfPart(part)].fix}:</span>
                  <span className="min-w-0 flex-1 break-words">{visibleText(part.fix)}</span>
                  <CopyButton text={part.fix} />
                </p>
              )}
              {part.sample === null ? null : (
                <details className="mt-2 text-xs">
                  <summary className="text-ink-2">What it received</summary>
                  <pre
                    className="mt-1 overflow-x-auto rounded-control bg-surface-2 p-2 font-mono text-2xs"
                    tabIndex={-1}
                  >
                    {prettyJson(part.sample)}
                  </pre>
                </details>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** JSON with a field a line; hostile characters stay visible, line ends are ours. */
function prettyJson(sample: string): string {
  try {
    return JSON.stringify(JSON.parse(sample), null, 2).split('\n').map(visibleText).join('\n');
  } catch {
    return visibleText(sample);
  }
}
