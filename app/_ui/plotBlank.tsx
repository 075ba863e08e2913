/** In the place of a plot, as large as it: a plot that is still to be drawn, or words where there is nothing to draw. */
export function PlotBlank({ height, words }: { height: number; words?: string }) {
  return (
    <svg width="100%" height={height} className={words === undefined ? 'shimmer' : ''} aria-hidden="true">
      <rect x="36" y="14" width="100%" height={height - 32} className="fill-surface-2" />
      {words === undefined ? null : (
        <text x="50%" y={height / 2} textAnchor="middle" className="fill-ink-3 text-xs">
          {words}
        </text>
      )}
    </svg>
  );
}
