'use client';

import { useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { Skeleton } from '#components/ui/card.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { Nothing, OverviewCard } from './overview-card.tsx';
import type { ScopedTenants } from './scoped-tenants.ts';

const HeatMap = dynamic(() => import('#components/governance/risk/heat-map.tsx').then(m => m.HeatMap), {
  ssr: false,
  loading: () => <Skeleton className="m-3.5 h-48" />,
});

const shown = 6;

export function useRisks() {
  const trpc = useTRPC();
  return useQuery({
    ...trpc.risks.overview.queryOptions(),
    enabled: useMe().permissions.includes('risk:read'),
    refetchInterval: 15_000,
  });
}

/** The most endangered tenants, each dimension a cell. */
export function RiskCard({ tenants, className }: { tenants: ScopedTenants; className: string }) {
  const asked = useRisks();
  const rows = asked.data?.rows.filter(row => tenants.ids === null || tenants.ids.includes(row.tenantId));
  return (
    <OverviewCard
      title="Risk by tenant"
      end={
        rows && rows.length > shown
          ? `the worst ${shown} of ${rows.length.toLocaleString('en')}${tenants.cut ? ' and more' : ''}`
          : null
      }
      href="/governance/risk"
      link="Risk"
      permission="risk:read"
      asked={asked}
      height="h-48"
      className={className}
    >
      {data =>
        !rows || rows.length === 0 ? (
          <Nothing>
            {tenants.ids === null
              ? 'No tenant yet: scores begin with the first one.'
              : tenants.known
                ? 'No tenant in this scope.'
                : 'Reading the scope …'}
          </Nothing>
        ) : (
          <HeatMap
            overview={{ ...data, rows }}
            most={shown}
            href={id => `/governance/risk?tenant=${encodeURIComponent(id)}`}
          />
        )
      }
    </OverviewCard>
  );
}
