'use client';

import { useQuery } from '@tanstack/react-query';
import { TimeSeries } from '#components/console/charts/lazy.tsx';
import { Properties } from '#components/console/detail.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import type { RegionDetail } from '#server/federation/regions/schema.ts';

/** When it was heard, how long it was silent at worst, and what it says about itself. */
export function RegionBeats({ region }: { region: RegionDetail }) {
  const trpc = useTRPC();
  const { data, error } = useQuery({
    ...trpc.regions.pulses.queryOptions({ name: region.id }),
    refetchInterval: 15_000,
  });
  if (error) return <ErrorState title="The heartbeats could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-48" />;
  if (region.heardAt === null)
    return (
      <EmptyState title="No heartbeat was heard yet">
        A region says that it lives by POST /region/{region.id}/heartbeat, signed with its own key. Without
        one it is degraded after {data.schedule.degradedMs / 1000} s and unreachable after{' '}
        {data.schedule.unreachableMs / 1000} s.
      </EmptyState>
    );
  const { report } = region;
  return (
    <div className="grid gap-4 lg:grid-cols-[1fr_20rem]">
      <Card className="p-4">
        <TimeSeries
          title="Longest silence in each minute"
          unit="s"
          points={data.rows.map(row => ({ at: row.minute, value: row.gapMs / 1000 }))}
          budget={{ value: data.schedule.unreachableMs / 1000, label: 'unreachable' }}
        />
      </Card>
      <Card className="p-4">
        <Properties
          items={[
            ['Last heard', <Time key="h" at={region.heardAt} />],
            ['Sequence', region.sequence],
            ['Clock', region.skewMs === null ? null : `${region.skewMs} ms against ours`],
            ['Version', report?.version ?? null],
            [
              'Load',
              report?.load?.cpu === undefined ? null : `${Math.round(report.load.cpu * 100)} % processor`,
            ],
            [
              'Policies',
              report?.checks
                ? Object.entries(report.checks)
                    .map(([policy, result]) => `${policy} ${result}`)
                    .join(', ')
                : null,
            ],
            ['Trust bundle', report?.bundle ?? null],
          ]}
        />
      </Card>
    </div>
  );
}
