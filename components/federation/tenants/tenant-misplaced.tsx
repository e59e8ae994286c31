'use client';

import { useQuery } from '@tanstack/react-query';
import { useMe } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Pill } from '#components/ui/pill.tsx';

/** Rows that lie, or are written, where its residency does not allow them: nothing moves or deletes them by itself. */
export function TenantMisplaced({ id }: { id: string }) {
  const trpc = useTRPC();
  const { data } = useQuery({
    ...trpc.replication.replicas.queryOptions({ id }),
    enabled: useMe().permissions.includes('replication:read'),
    refetchInterval: 10_000,
  });
  if (!data || data.misplaced.length === 0) return null;
  return (
    <ul className="grid gap-1" aria-label="Rows where residency does not allow them">
      {data.misplaced.map(({ region, written, why }) => (
        <li key={region} className="flex flex-wrap items-center gap-2">
          <Pill tone="bad">not allowed</Pill>
          <span className="min-w-0 [overflow-wrap:anywhere]">
            Its rows {written ? 'are written' : 'lie'} in {region}: {why}.
          </span>
        </li>
      ))}
    </ul>
  );
}
