'use client';

import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '#components/platform/live/trpc.ts';

/** Asked again until it has its proof, and then left alone: a proof that is being looked at must not change. */
export function useEntry(id: string | null) {
  const trpc = useTRPC();
  return useQuery({
    ...trpc.audits.get.queryOptions({ id: id ?? '' }),
    enabled: query => id !== null && query.state.data?.state !== 'sealed',
    refetchInterval: query => (query.state.data?.state === 'promised' ? 700 : false),
    gcTime: 0,
  });
}
