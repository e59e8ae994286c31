'use client';

import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { figure, mostLines, type Table } from './points.ts';

/** Told apart by hue and, from the seventh on, by the line's pattern; the table below names them. */
const hues = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const patterns = ['', '5 3', '2 2', '8 3 2 3'];
export const lineOf = (i: number) => ({
  stroke: hues[i % hues.length] ?? '#0072b2',
  strokeDasharray: patterns[Math.floor(i / hues.length) % patterns.length] ?? '',
});

export function ExplorerChart({ table, label }: { table: Table; label: string }) {
  const drawn = table.series.slice(0, mostLines);
  const shown = new Map(table.series.map(s => [s.id, `${s.region} ${s.label}`]));
  return (
    <div
      role="img"
      aria-label={`${label}: ${drawn.length} of ${table.series.length} series drawn`}
      style={{ height: 280 }}
    >
      <ResponsiveContainer>
        <LineChart data={table.rows} margin={{ top: 8, right: 12, bottom: 0, left: 0 }}>
          <CartesianGrid stroke="var(--line)" vertical={false} />
          <XAxis
            dataKey="at"
            tickFormatter={(at: string) => at.slice(11, 16)}
            tick={{ fontSize: 11, fill: 'var(--ink-3)' }}
            tickLine={false}
            axisLine={false}
            minTickGap={48}
          />
          <YAxis width={48} tick={{ fontSize: 11, fill: 'var(--ink-3)' }} tickLine={false} axisLine={false} />
          <Tooltip
            labelFormatter={at => `${String(at).slice(0, 19).replace('T', ' ')} UTC`}
            formatter={(value, id) => [figure(value), shown.get(String(id)) ?? id]}
            contentStyle={{
              background: 'var(--surface)',
              border: '1px solid var(--line)',
              borderRadius: 6,
              fontSize: 12,
            }}
          />
          {drawn.map((series, i) => (
            <Line
              key={series.id}
              dataKey={series.id}
              {...lineOf(i)}
              strokeWidth={1.5}
              dot={false}
              connectNulls={false}
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      </ResponsiveContainer>
    </div>
  );
}
