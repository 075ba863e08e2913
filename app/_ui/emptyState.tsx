import type { ReactNode } from 'react';
import { CopyButton } from './copyButton.tsx';
import { StatusShape, type StatusWord } from './status.tsx';

interface EmptyStateProps {
  readonly word?: StatusWord;
  readonly title: string;
  readonly children: ReactNode;
  /** The next command to run. */
  readonly command?: string;
  readonly level?: 'page' | 'panel';
}

/** Says which kind of nothing this is, and what to do next. */
export function EmptyState({ word = 'no_data', title, children, command, level = 'panel' }: EmptyStateProps) {
  const Title = level === 'page' ? 'h1' : 'p';
  return (
    <div className={`flex items-start gap-4 ${level === 'page' ? 'card p-8' : 'px-4 py-6'}`}>
      <StatusShape word={word} size={level === 'page' ? 34 : 20} />
      <div className="min-w-0">
        <Title className={level === 'page' ? 'mb-1 text-xl font-semibold' : 'text-sm font-semibold'}>{title}</Title>
        <div className="max-w-[70ch] text-sm text-ink-2">{children}</div>
        {command === undefined ? null : (
          <p className="mt-3 inline-flex max-w-full flex-wrap items-center gap-2 rounded-control border border-line bg-surface-2 py-1.5 pr-2 pl-3 text-xs">
            <code className="break-all">{command}</code>
            <CopyButton text={command} />
          </p>
        )}
      </div>
    </div>
  );
}
