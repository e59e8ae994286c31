'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useMe } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Pill } from '#components/ui/pill.tsx';
import type { TenantDetail } from '#server/federation/tenants/schema.ts';
import type { PolicyRow } from '#server/policy/hub/schema.ts';
import { StandingList } from './standing-list.tsx';

/** As the kernel asks it: a tenant's own policies and everybody's, wherever its rows may lie. */
const binds =
  (tenant: TenantDetail) =>
  ({ scope, tenantId }: PolicyRow): boolean => {
    const regions = [tenant.homeRegion, ...tenant.allowedRegions];
    return (
      (tenantId === null || tenantId === tenant.id) &&
      (scope.tenant === undefined || scope.tenant === tenant.id) &&
      (scope.regions.length === 0 ||
        tenant.allowedRegions.length === 0 ||
        scope.regions.some(region => regions.includes(region)))
    );
  };

export function TenantPolicies({ tenant }: { tenant: TenantDetail }) {
  const trpc = useTRPC();
  const asked = useQuery({
    ...trpc.policies.list.queryOptions({ state: ['active'], sort: 'kind', limit: 500 }),
    enabled: useMe().permissions.includes('policy:read'),
  });
  return (
    <StandingList
      title="Policies that bind it"
      href="/policies"
      link="Policies"
      permission="policy:read"
      asked={asked}
      label="Policies"
      rows={data => data.rows.filter(binds(tenant))}
      idOf={row => row.id}
      none="No active policy speaks about it."
      line="flex flex-wrap items-center gap-x-3 gap-y-1"
    >
      {row => (
        <>
          <Link className="link" href={`/policies/${row.id}`}>
            {row.id}
          </Link>
          <Pill>{row.kind}</Pill>
          <span className="ml-auto text-ink-2 text-sm">
            {row.tenantId === null ? 'everybody’s' : 'its own'}, version {row.activeVersion}
          </span>
        </>
      )}
    </StandingList>
  );
}
