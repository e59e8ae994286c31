'use client';

import { useState } from 'react';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { Button } from '#components/ui/button.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';

export interface Point {
  at: string;
  /** null = not measured: drawn as a gap, never as zero. */
  value: number | null;
  low?: number | null;
  high?: number | null;
}

interface Props {
  title: string;
  unit: string;
  points: Point[];
  /** From here on it is a forecast. */
  forecastFrom?: string;
  budget?: { value: number; label: string };
  height?: number;
}

const long = new Intl.NumberFormat('en', { maximumSignificantDigits: 6 });
/** Fits beside the axis, however much it is. */
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const said = (value: unknown): string => (typeof value === 'number' ? long.format(value) : 'no data');

/** A line with honest gaps, a band where there is one, a budget beside it, and the numbers behind it on request. */
export function TimeSeries({ title, unit, points, forecastFrom, budget, height = 180 }: Props) {
  const [table, setTable] = useState(false);
  const known = points.filter(p => p.value !== null);
  const last = known.findLast(p => !forecastFrom || p.at < forecastFrom);
  // Within a day the hour is enough; whole numbers are counted in whole numbers.
  const day = points[0]?.at.slice(0, 10);
  const from = points.every(p => p.at.startsWith(day ?? '')) ? 11 : 5;
  // Within minutes the seconds tell one point from the next.
  const spanMs = Date.parse(points.at(-1)?.at ?? '') - Date.parse(points[0]?.at ?? '');
  const to = spanMs < 10 * 60_000 ? 19 : 16;
  const tick = (at: string) => at.slice(from, to).replace('T', ' ');
  const data = points.map(p => ({
    at: tick(p.at),
    value: p.value,
    band: p.low == null || p.high == null ? null : [p.low, p.high],
  }));
  return (
    <figure className="grid gap-2">
      <figcaption className="flex items-baseline gap-2">
        <span className="font-medium">{title}</span>
        <span className="num text-ink-2 text-sm">
          {last ? `last ${said(last.value)} ${unit}` : 'no data'}
        </span>
        <Button
          size="sm"
          kind="quiet"
          className="ml-auto"
          aria-pressed={table}
          onClick={() => setTable(!table)}
        >
          {table ? 'Chart' : 'Table'}
        </Button>
      </figcaption>
      {table ? (
        <ScrollArea label={title} className="max-h-60">
          <table className="num w-full text-sm">
            <thead className="text-left text-ink-2">
              <tr>
                <th>Time (UTC)</th>
                <th>{unit}</th>
              </tr>
            </thead>
            <tbody>
              {points.map(p => (
                <tr key={p.at} className="border-t">
                  <td>{p.at.slice(0, to).replace('T', ' ')}</td>
                  <td>{said(p.value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea>
      ) : (
        <div
          role="img"
          aria-label={`${title}, ${known.length} of ${points.length} points${last ? `, last ${said(last.value)} ${unit}` : ''}`}
          style={{ height }}
        >
          <ResponsiveContainer>
            <ComposedChart data={data} margin={{ top: 4, right: 8, bottom: 0, left: 0 }}>
              <CartesianGrid stroke="var(--line)" vertical={false} />
              <XAxis
                dataKey="at"
                tick={{ fontSize: 11, fill: 'var(--ink-3)' }}
                tickLine={false}
                axisLine={false}
                minTickGap={40}
              />
              <YAxis
                width={40}
                tickCount={height < 150 ? 3 : 5}
                tickFormatter={short.format}
                allowDecimals={known.some(p => !Number.isInteger(p.value))}
                tick={{ fontSize: 11, fill: 'var(--ink-3)' }}
                tickLine={false}
                axisLine={false}
              />
              <Tooltip
                formatter={value => (Array.isArray(value) ? value.map(said).join(' to ') : said(value))}
                contentStyle={{
                  background: 'var(--surface)',
                  border: '1px solid var(--line)',
                  borderRadius: 6,
                  fontSize: 12,
                }}
              />
              <Area
                dataKey="band"
                name="from, to"
                stroke="none"
                fill="var(--accent-soft)"
                isAnimationActive={false}
                connectNulls={false}
              />
              <Line
                dataKey="value"
                stroke="var(--accent)"
                strokeWidth={1.5}
                dot={known.length < 3}
                isAnimationActive={false}
                connectNulls={false}
                name={unit}
              />
              {budget ? (
                <ReferenceLine
                  y={budget.value}
                  stroke="var(--bad)"
                  strokeDasharray="4 3"
                  label={{
                    value: budget.label,
                    fontSize: 11,
                    fill: 'var(--bad)',
                    position: 'insideTopRight',
                  }}
                />
              ) : null}
              {forecastFrom ? <ReferenceLine x={tick(forecastFrom)} stroke="var(--line-strong)" /> : null}
            </ComposedChart>
          </ResponsiveContainer>
        </div>
      )}
    </figure>
  );
}
