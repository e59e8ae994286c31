'use client';

import { useQuery } from '@tanstack/react-query';
import { useMe } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { type Flow, flowOf } from './flow-of.ts';

export function useFlows(): Flow[] {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('replication:read');
  const { data } = useQuery({
    ...trpc.replication.status.queryOptions({}),
    enabled: may,
    refetchInterval: 10_000,
  });
  return (data?.streams ?? [])
    .filter(stream => stream.state !== 'retired')
    .map(stream => flowOf(stream, data?.at ?? ''));
}
