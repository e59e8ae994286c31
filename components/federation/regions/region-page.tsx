'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { StatusHeader } from '#components/console/detail.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { JsonView } from '#components/console/json-view.tsx';
import { ErrorState, NotFoundState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { WaitingFor } from '#components/governance/approvals/waiting.tsx';
import { TargetTimeline } from '#components/governance/audit/target-timeline.tsx';
import { messageOf, problemIn } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import type { RegionDetail } from '#server/federation/regions/schema.ts';
import { RegionBeats } from './region-beats.tsx';
import { RegionKind } from './region-kind.tsx';
import { RegionOrders } from './region-orders.tsx';
import { RegionProperties } from './region-properties.tsx';
import { RegionReturn } from './region-return.tsx';
import { RegionState } from './region-state.tsx';
import { RegionTenants } from './region-tenants.tsx';

export function RegionPage({ name }: { name: string }) {
  const trpc = useTRPC();
  const [tab, setTab] = useQueryState('tab', parseAsString.withDefault('overview'));
  const {
    data: region,
    error,
    isPending,
  } = useQuery({
    ...trpc.regions.get.queryOptions({ name }),
    refetchInterval: 2_000,
  });
  if (problemIn(error)?.kind === 'not_found')
    return (
      <NotFoundState title={`No region "${name}"`}>
        It is not registered, or not visible to you.
      </NotFoundState>
    );
  if (error) return <ErrorState title="The region could not be read">{messageOf(error)}</ErrorState>;
  if (isPending) return <Skeleton className="h-40" />;
  return (
    <>
      <StatusHeader
        title={region.id}
        badges={
          <>
            <RegionState region={region} />
            <RegionKind database={region.database} />
          </>
        }
        desired={desiredOf(region)}
        observed={
          region.heardAt === null
            ? 'No heartbeat was heard yet: what runs there is not known'
            : `${region.state}${region.stateReason ? ` (${region.stateReason})` : ''}`
        }
        synced={
          region.heardAt === null ? (
            'never'
          ) : (
            <>
              heard <Time at={region.heardAt} />
            </>
          )
        }
        actions={<RegionOrders region={region} />}
      />
      <WaitingFor subject={`region:${region.id}`} />
      <RegionReturn region={region} />
      <Tabs
        label="Region"
        value={tab}
        onChange={id => void setTab(id)}
        tabs={[
          {
            id: 'overview',
            label: 'Overview',
            content: (
              <Card className="p-4">
                <RegionProperties region={region} />
              </Card>
            ),
          },
          { id: 'keys', label: `Keys (${region.keys.length})`, content: <Keys region={region} /> },
          { id: 'heartbeats', label: 'Heartbeats', content: <RegionBeats region={region} /> },
          { id: 'tenants', label: 'Tenants', content: <RegionTenants name={region.id} /> },
          {
            id: 'timeline',
            label: 'Timeline',
            content: (
              <Card>
                <TargetTimeline target={`region:${region.id}`} />
              </Card>
            ),
          },
          { id: 'json', label: 'JSON', content: <JsonView value={region} /> },
        ]}
      />
    </>
  );
}

function desiredOf(region: RegionDetail): string {
  if (region.state === 'pending') return 'nothing until its admission is approved';
  if (region.state === 'retired') return 'retired';
  return region.role === 'member' ? 'active' : `active, ${region.role} of epoch ${region.epoch}`;
}

function Keys({ region }: { region: RegionDetail }) {
  return (
    <Card className="divide-y">
      {region.keys.map(key => (
        <div key={key.id} className="flex flex-wrap items-center gap-3 px-3.5 py-2.5">
          <IdChip id={key.id} label="Copy key id" />
          <span>{key.algorithm}</span>
          <Pill tone={key.revokedAt ? 'idle' : 'ok'}>{key.revokedAt ? 'replaced' : 'in use'}</Pill>
          <span className="ml-auto text-ink-2 text-sm">
            since <Time at={key.createdAt} />
          </span>
        </div>
      ))}
    </Card>
  );
}
