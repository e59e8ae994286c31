'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { TargetTimeline } from '#components/governance/audit/target-timeline.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Skeleton } from '#components/ui/card.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { TenantProperties } from './tenant-properties.tsx';

export function TenantPeek({ id, onClose }: { id: string | null; onClose: () => void }) {
  const trpc = useTRPC();
  const { data } = useQuery({ ...trpc.tenants.get.queryOptions({ id: id ?? '' }), enabled: id !== null });
  return (
    <Drawer
      open={id !== null}
      onOpenChange={open => !open && onClose()}
      title={data?.name ?? id ?? ''}
      description={data?.id}
    >
      {data ? (
        <div className="grid gap-5">
          <TenantProperties tenant={data} />
          <Link href={`/federation/tenants/${data.id}`} className="link font-medium">
            Open tenant
          </Link>
          <div className="-mx-3.5">
            <TargetTimeline target={`tenant:${data.id}`} limit={5} />
          </div>
        </div>
      ) : (
        <Skeleton className="h-60" />
      )}
    </Drawer>
  );
}
