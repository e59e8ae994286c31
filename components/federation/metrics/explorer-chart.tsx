'use client';

import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { lineOf } from './line-style.ts';
import { figure, mostLines, type Table } from './points.ts';

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
