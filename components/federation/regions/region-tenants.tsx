'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { TenantState } from '#components/federation/tenants/tenant-state.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';

export function RegionTenants({ name }: { name: string }) {
  const trpc = useTRPC();
  const { data, error } = useQuery(trpc.tenants.list.queryOptions({ region: [name], limit: 100 }));
  if (error) return <ErrorState title="The tenants could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-32" />;
  if (data.rows.length === 0)
    return (
      <EmptyState title="No tenant is at home here">
        Nothing would have to move if it were retired.
      </EmptyState>
    );
  return (
    <Card className="divide-y">
      {data.rows.map(row => (
        <Link
          key={row.id}
          href={`/federation/tenants/${row.id}`}
          className="flex flex-wrap items-center gap-3 px-3.5 py-2.5 hover:bg-sunken"
        >
          <span className="font-medium">{row.name}</span>
          <TenantState state={row.state} />
          <span className="ml-auto text-ink-2 text-sm">{row.tier}</span>
        </Link>
      ))}
    </Card>
  );
}
