'use client';

import { useQuery } from '@tanstack/react-query';
import { ErrorState } from '#components/console/states.tsx';
import { RegionMap } from '#components/federation/regions/region-map.tsx';
import { useFlows } from '#components/federation/replication/flows.ts';
import { TargetTimeline } from '#components/governance/audit/target-timeline.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { useRegionScope, useScope, useTenantScope } from '../frame/scope.tsx';
import { useMe } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { ContinuityCard } from './continuity-card.tsx';
import { CostCard } from './cost-card.tsx';
import { ExecutionsCard } from './executions-card.tsx';
import { IncidentsCard } from './incidents-card.tsx';
import { MeshCard } from './mesh-card.tsx';
import { NeedsYou } from './needs-you.tsx';
import { OverviewVerdict } from './overview-verdict.tsx';
import { PoliciesCard } from './policies-card.tsx';
import { RiskCard } from './risk-card.tsx';
import { useScopedTenants } from './scoped-tenants.ts';
import { TenantsCard } from './tenants-card.tsx';
import { WorkCard } from './work-card.tsx';

export function OverviewPage() {
  const trpc = useTRPC();
  const { permissions } = useMe();
  const may = (permission: string) => permissions.includes(permission);
  const { scope } = useScope();
  const regionScope = useRegionScope();
  const tenantScope = useTenantScope();
  const regions = useQuery({
    ...trpc.regions.list.queryOptions({ ...regionScope, limit: 500 }),
    enabled: may('region:read'),
  });
  const tenants = useQuery({
    ...trpc.tenants.facets.queryOptions(tenantScope),
    enabled: may('tenant:read'),
  });
  const matrix = useQuery({ ...trpc.alerts.matrix.queryOptions(), enabled: may('control:read') });
  const scoped = useScopedTenants();
  const target = scope.tenant
    ? `tenant:${scope.tenant}`
    : scope.region
      ? `region:${scope.region}`
      : undefined;
  const rows = regions.data?.rows ?? [];
  const flows = useFlows();
  const error = regions.error ?? tenants.error;
  return (
    <>
      <OverviewVerdict
        regions={regions.data?.rows}
        tenants={tenants.data}
        matrix={matrix.data}
        scoped={scoped}
      />
      {error ? (
        <Card>
          <ErrorState
            title="Not everything could be read"
            action={
              <Button
                onClick={() => {
                  void regions.refetch();
                  void tenants.refetch();
                }}
              >
                Try again
              </Button>
            }
          >
            {messageOf(error)}
          </ErrorState>
        </Card>
      ) : null}
      <div className="grid min-w-0 gap-5 lg:grid-cols-3 [&>*]:min-w-0">
        <div className="grid lg:col-span-2">
          <RegionMap rows={rows} flows={flows} />
        </div>
        <NeedsYou />
      </div>
      <div className="grid min-w-0 gap-5 md:grid-cols-2 xl:grid-cols-3 [&>*]:min-w-0">
        <RiskCard tenants={scoped} className="pb-2 md:col-span-2" />
        <IncidentsCard tenants={scoped} />
        <ContinuityCard regions={rows.map(row => row.id)} />
        <ExecutionsCard tenants={scoped} />
        <MeshCard />
        <CostCard className="md:col-span-2" />
        {may('control:read') ? (
          matrix.data ? (
            <PoliciesCard matrix={matrix.data} />
          ) : (
            <Skeleton className="h-60 rounded-lg" />
          )
        ) : null}
        {may('tenant:read') ? (
          tenants.data ? (
            <TenantsCard facets={tenants.data} />
          ) : (
            <Skeleton className="h-60 rounded-lg" />
          )
        ) : null}
        {may('job:read') ? <WorkCard className="md:col-span-2" /> : null}
      </div>
      <Card
        title={target ? `Timeline of ${target.replace(':', ' ')}` : 'Timeline'}
        end="every sealed line is in the ledger"
        className="pb-1"
      >
        <TargetTimeline {...(target ? { target } : {})} limit={12} />
      </Card>
    </>
  );
}
