'use client';

import { Card } from '#components/ui/card.tsx';
import { TimeSeries } from '../charts/lazy.tsx';

const start = Date.parse('2026-01-01T00:00:00Z');
const points = Array.from({ length: 72 }, (_, i) => {
  const value = Math.round(40 + 12 * Math.sin(i / 6) + (i % 5));
  const forecast = i >= 56;
  return {
    at: new Date(start + i * 3600_000).toISOString(),
    value: i > 20 && i < 28 ? null : value,
    low: forecast ? value - (i - 54) : null,
    high: forecast ? value + (i - 54) : null,
  };
});

export function ChartSection() {
  return (
    <Card className="p-4">
      <TimeSeries
        title="A gap, a forecast band and a budget"
        unit="ms"
        points={points}
        forecastFrom={points[56]?.at ?? ''}
        budget={{ value: 55, label: 'budget' }}
      />
    </Card>
  );
}
