'use client';
import { banyanCommand } from './banyanCommand.ts';
import { CopyButton } from './copyButton.tsx';
import { useOrigin } from './useOrigin.ts';

/** The command that a pipeline runs, and how it would end now. */
export function GateBox({ gate, exitCode }: { gate: string; exitCode: number }) {
  const command = banyanCommand(`gate ${gate} --url ${useOrigin()}`);
  const band = exitCode === 0 ? 'bg-pass-soft' : exitCode === 1 ? 'bg-fail-soft' : 'bg-nodata-soft';
  return (
    <div className="inline-flex max-w-full flex-wrap items-center gap-2 rounded-control border border-line bg-surface-2 py-1.5 pr-2 pl-3 text-xs xl:max-w-[420px]">
      <code className="min-w-0 break-words">{command}</code>
      <span className={`rounded px-1.5 font-mono whitespace-nowrap ${band}`}>exit {exitCode}</span>
      <CopyButton text={command} />
    </div>
  );
}
