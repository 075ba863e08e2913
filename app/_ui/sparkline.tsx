import type { ChartPoint } from '#lib/core/chart/kpiChart.ts';

const WIDTH = 84;
const HEIGHT = 20;

/** A trend without axes; unknown steps break the line. The figure itself stands in the row. */
export function Sparkline({ points, label }: { points: readonly ChartPoint[]; label: string }) {
  const known = points.flatMap((point) => (point.value === null ? [] : [point.value]));
  if (known.length < 2) return <span className="text-ink-3">–</span>;
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const x = (index: number) => ((index / (points.length - 1)) * WIDTH).toFixed(1);
  const y = (value: number) => (HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4)).toFixed(1);
  const path = points
    .map((point, index) => {
      if (point.value === null) return '';
      const starts = index === 0 || points[index - 1]?.value === null;
      return `${starts ? 'M' : 'L'}${x(index)} ${y(point.value)}`;
    })
    .join('');
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} role="img">
      <title>{label}</title>
      <path d={path} fill="none" className="stroke-chart-1" strokeWidth="1.4" strokeLinejoin="round" />
    </svg>
  );
}
