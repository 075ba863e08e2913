import type { ReactNode } from 'react';
import { StatusShape, type StatusWord } from './status.tsx';

/** A line over the page that the reader must know before the rest. */
export function Banner({ word, children }: { word: StatusWord; children: ReactNode }) {
  const band = word === 'fail' ? 'bg-fail-soft' : word === 'error' ? 'bg-error-soft' : 'bg-nodata-soft';
  return (
    <div
      role="status"
      className={`mb-3 flex items-start gap-2.5 rounded-card border border-line px-4 py-2.5 text-sm ${band}`}
    >
      <span className="mt-0.5">
        <StatusShape word={word} size={16} />
      </span>
      <div className="min-w-0">{children}</div>
    </div>
  );
}
