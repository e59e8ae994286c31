'use client';

import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Skeleton } from '#components/ui/card.tsx';
import { severities } from '#server/governance/observability/schema/terms.ts';
import type { useTelemetryFilter } from './telemetry-filter.ts';

const fills: Record<string, string> = {
  debug: 'var(--line)',
  info: 'var(--line-strong)',
  low: 'var(--accent-soft)',
  medium: 'var(--watch)',
  high: 'var(--bad)',
  critical: 'var(--bad)',
};

/** How many events came when, the grave ones at the bottom; a bar narrows the list to its time. */
export function Histogram({ page }: { page: ReturnType<typeof useTelemetryFilter> }) {
  const trpc = useTRPC();
  const { data } = useQuery({
    ...trpc.telemetry.histogram.queryOptions(page.filter),
    placeholderData: before => before,
  });
  if (!data) return <Skeleton className="h-16 w-full" />;
  const total = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
  const most = Math.max(1, ...data.buckets.map(b => total(b.counts)));
  const all = data.buckets.reduce((sum, b) => sum + total(b.counts), 0);
  const narrow = (at: string) =>
    page.setTime({ from: at, to: new Date(Date.parse(at) + data.stepSeconds * 1000).toISOString() });
  return (
    <figure className="grid gap-1">
      <figcaption className="sr-only">
        {all} events over time, at most {most} at once
      </figcaption>
      <div className="flex h-16 items-end gap-px">
        {data.buckets.map(({ at, counts }) => {
          const n = total(counts);
          const grave = (counts.high ?? 0) + (counts.critical ?? 0);
          return (
            <button
              type="button"
              key={at}
              title={`${at.slice(0, 16).replace('T', ' ')} UTC: ${n} events${grave ? `, ${grave} high or critical` : ''}`}
              aria-label={`${n} events from ${at.slice(0, 16).replace('T', ' ')}, ${grave} of them high or critical; show only these`}
              onClick={() => void narrow(at)}
              className="flex h-full min-w-0 flex-1 flex-col justify-end hover:bg-sunken"
            >
              {severities.map(severity => (
                <span
                  key={severity}
                  className="block w-full"
                  style={{
                    height: `${((counts[severity] ?? 0) / most) * 100}%`,
                    background: fills[severity],
                  }}
                />
              ))}
            </button>
          );
        })}
      </div>
      <div className="num flex justify-between text-ink-3 text-xs">
        <span>{data.buckets[0]?.at.slice(5, 16).replace('T', ' ')} UTC</span>
        <span>{data.buckets.at(-1)?.at.slice(5, 16).replace('T', ' ')}</span>
      </div>
    </figure>
  );
}
