'use client';
import { Table2, TrendingUp } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Bar, BarChart, Cell, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { formatCount } from '#lib/core/format/figure.ts';
import { HALO } from './halo.ts';
import { PlotBlank } from './plotBlank.tsx';
import { useAlive } from './useAlive.ts';

export interface HistogramColumn {
  /** Upper edge in words; unique within the chart. */
  readonly label: string;
  /** The whole range of the column in words. */
  readonly range: string;
  readonly n: number;
  /** True if the column lies past the limit. */
  readonly late: boolean;
}

interface HistogramProps {
  readonly title: string;
  readonly summary: string;
  readonly columns: readonly HistogramColumn[];
  /** The limit stands at the end of the column with this label. */
  readonly limit: { readonly at: string; readonly text: string };
  readonly children?: ReactNode;
}

const TICK = { fontSize: 10, fill: 'var(--ink-3)' };
const HEIGHT = 132;

/** Counts by column, with the limit as a line; the same as a table on demand. */
export function Histogram({ title, summary, columns, limit, children }: HistogramProps) {
  const [asTable, setAsTable] = useState(false);
  const alive = useAlive();
  const Icon = asTable ? TrendingUp : Table2;
  return (
    <>
      <div className="mb-1 flex items-start gap-2">
        <div className="flex-1 text-xs text-ink-3">{children}</div>
        <button
          type="button"
          className="rounded-control p-1 text-ink-3 hover:bg-surface-2 hover:text-ink"
          aria-pressed={asTable}
          aria-label={`View ${title} as ${asTable ? 'chart' : 'table'}`}
          onClick={() => setAsTable(!asTable)}
        >
          <Icon size={14} aria-hidden />
        </button>
      </div>
      {asTable ? (
        <table className="w-full text-xs tabular-nums" aria-label={`${title} as a table`}>
          <thead className="text-left text-ink-3">
            <tr>
              <th>Time</th>
              <th className="text-right">Rows</th>
            </tr>
          </thead>
          <tbody>
            {columns.map((column) => (
              <tr key={column.label}>
                <td>{column.range}</td>
                <td className="text-right">{formatCount(column.n)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <figure aria-label={title} className="overflow-x-clip">
          <figcaption className="sr-only">{summary}</figcaption>
          {alive ? <Columns title={title} columns={columns} limit={limit} /> : <PlotBlank height={HEIGHT} />}
        </figure>
      )}
    </>
  );
}

function Columns({ title, columns, limit }: Pick<HistogramProps, 'title' | 'columns' | 'limit'>) {
  return (
    <ResponsiveContainer width="100%" height={HEIGHT} initialDimension={{ width: 260, height: HEIGHT }}>
      <BarChart
        data={[...columns]}
        margin={{ top: 16, right: 4, bottom: 0, left: 4 }}
        barCategoryGap={1}
        title={`${title}: use the arrow keys to read the columns`}
      >
        <XAxis
          dataKey="label"
          tick={TICK}
          tickLine={false}
          axisLine={false}
          height={18}
          interval="equidistantPreserveStart"
        />
        <YAxis hide domain={[0, 'dataMax']} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: 'var(--surface-2)' }}
          content={({ active, payload }) => <ColumnNote active={active} column={payload?.[0]?.payload} />}
        />
        <Bar dataKey="n" isAnimationActive={false} radius={[2, 2, 0, 0]} minPointSize={(n) => (Number(n) > 0 ? 2 : 0)}>
          {columns.map((column) => (
            <Cell key={column.label} fill={column.late ? 'var(--limit)' : 'var(--chart-1)'} fillOpacity={0.8} />
          ))}
        </Bar>
        <ReferenceLine
          x={limit.at}
          position="end"
          stroke="var(--limit)"
          strokeWidth={1.2}
          strokeDasharray="5 3"
          label={{
            value: limit.text,
            position: 'insideTopRight',
            offset: 4,
            fontSize: 10,
            fill: 'var(--ink)',
            ...HALO,
          }}
        />
      </BarChart>
    </ResponsiveContainer>
  );
}

function ColumnNote({ active, column }: { active: boolean; column: HistogramColumn | undefined }) {
  if (!active || column === undefined) return null;
  return (
    <div className="rounded-control border border-line-strong bg-surface px-2.5 py-1.5 text-2xs shadow-card">
      <div className="text-ink-3">{column.range}</div>
      <div className="font-semibold text-ink">n = {formatCount(column.n)}</div>
    </div>
  );
}
