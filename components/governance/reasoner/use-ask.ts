'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTRPC } from '#components/platform/live/trpc.ts';

/** Asks for proposals and opens the answer. */
export function useAsk() {
  const trpc = useTRPC();
  const router = useRouter();
  const queries = useQueryClient();
  return useMutation(
    trpc.proposals.propose.mutationOptions({
      onSuccess: async made => {
        await queries.invalidateQueries({ queryKey: trpc.proposals.pathKey() });
        router.push(`/governance/proposals/${made.id}`);
      },
    }),
  );
}
