'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { TimeSeries } from '#components/console/charts/lazy.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { useTRPC } from '../live/trpc.ts';

/** What the workers do, from their own books. */
export function WorkCard({ className }: { className: string }) {
  const trpc = useTRPC();
  const { data } = useQuery({ ...trpc.jobs.overview.queryOptions(), refetchInterval: 15_000 });
  if (!data) return <Skeleton className={`h-60 rounded-lg ${className}`} />;
  const { counts, perMinute } = data;
  const figures = [
    { label: 'running', n: counts.running, href: '/jobs?tab=queue' },
    { label: 'waiting', n: counts.waiting, href: '/jobs?tab=queue' },
    { label: 'to be retried', n: counts.retrying, href: '/jobs?tab=failed', tone: 'text-watch' },
    { label: 'failed', n: counts.failed, href: '/jobs?tab=failed', tone: 'text-bad' },
  ];
  return (
    <Card
      className={className}
      title="Work of the console"
      end={
        <Link href="/jobs" className="link">
          Jobs
        </Link>
      }
    >
      <ul className="mt-2 grid grid-cols-4 gap-1 px-2">
        {figures.map(({ label, n, href, tone }) => (
          <li key={label}>
            <Link href={href} className="grid rounded px-1.5 py-1 hover:bg-sunken">
              <span className={cn('num font-semibold text-xl', n > 0 && tone)}>{n.toLocaleString('en')}</span>
              <span className="text-ink-2 text-sm">{label}</span>
            </Link>
          </li>
        ))}
      </ul>
      <div className="p-3.5">
        <TimeSeries title="Runs that ended, last hour" unit="per minute" points={perMinute} height={120} />
      </div>
    </Card>
  );
}
