import type { ReactNode } from 'react';

/** Every state that is shown: shape first, then the word, then the colour. */
export type StatusWord = 'pass' | 'fail' | 'inconclusive' | 'no_data' | 'error' | 'waived' | 'running' | 'not_started';

export const STATUS_NAMES: Record<StatusWord, string> = {
  pass: 'Pass',
  fail: 'Fail',
  inconclusive: 'Inconclusive',
  no_data: 'No data',
  error: 'Error',
  waived: 'Waived',
  running: 'Running',
  not_started: 'Not started',
};

interface StatusProps {
  readonly word: StatusWord;
  /** Other words than the state's own, e.g. "Down". */
  readonly label?: string;
}

/** Shape and word. */
export function Status({ word, label }: StatusProps) {
  return (
    <span className="inline-flex items-center gap-1.5 align-middle text-sm whitespace-nowrap text-ink">
      <StatusShape word={word} size={16} />
      {label ?? STATUS_NAMES[word]}
    </span>
  );
}

/** The shape alone; readable in grey. The word stands beside it, or in `title`. */
export function StatusShape({ word, size, title }: { word: StatusWord; size: number; title?: string }) {
  const box = { viewBox: '0 0 16 16', width: size, height: size, className: 'status-shape' };
  if (title === undefined) {
    return (
      <svg {...box} aria-hidden="true">
        {SHAPES[word]}
      </svg>
    );
  }
  return (
    <svg {...box} role="img">
      <title>{title}</title>
      {SHAPES[word]}
    </svg>
  );
}

const SHAPES: Record<StatusWord, ReactNode> = {
  pass: (
    <>
      <circle cx="8" cy="8" r="7" className="fill-pass" />
      <path d="M4.6 8.3l2.3 2.3 4.5-5" className="glyph" />
    </>
  ),
  fail: (
    <>
      <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" className="fill-fail" />
      <path d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2" className="glyph" />
    </>
  ),
  inconclusive: (
    <>
      <circle cx="8" cy="8" r="6" className="ring stroke-inconclusive" />
      <path d="M8 8V2a6 6 0 0 1 5.2 9z" className="fill-inconclusive" />
    </>
  ),
  no_data: <circle cx="8" cy="8" r="6" className="ring stroke-nodata" strokeDasharray="3 2.5" />,
  error: (
    <>
      <path d="M8 1.2 15.2 14.4H.8z" className="fill-error outlined" strokeLinejoin="round" />
      <path d="M8 5.6v4.2M8 12.1v.1" className="glyph-dark" />
    </>
  ),
  waived: (
    <>
      <path d="M6.2 1.25a7 7 0 1 0 3.6 0L8 4.4z" className="fill-nodata" />
      <path d="M4.4 9.3c1.2-1.5 2.4-1.5 3.6 0s2.4 1.5 3.6 0" className="glyph" />
    </>
  ),
  running: <path d="M3.5 1.8 14 8 3.5 14.2z" className="fill-running outlined" strokeLinejoin="round" />,
  not_started: <path d="M3 8h10" className="ring stroke-nodata" strokeLinecap="round" />,
};
