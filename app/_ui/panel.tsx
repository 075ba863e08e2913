import type { ReactNode } from 'react';

interface PanelProps {
  readonly title: ReactNode;
  readonly filters?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

/** A card with a head: title, filters beside it, actions at the end. */
export function Panel({ title, filters, actions, children, className = '' }: PanelProps) {
  return (
    <section className={`card min-w-0 ${className}`}>
      <header className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-3">
        <h2 className="text-base font-semibold">{title}</h2>
        {filters === undefined ? null : <span className="flex flex-wrap gap-1">{filters}</span>}
        <span className="flex-1" />
        {actions}
      </header>
      {children}
    </section>
  );
}
