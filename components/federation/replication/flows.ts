'use client';

import { useQuery } from '@tanstack/react-query';
import { useMe } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import type { StreamRow } from '#server/federation/replication/schema.ts';
import { seconds } from './stream-words.tsx';

/** Rows on their way from one region to another, as the map draws them. */
export interface Flow {
  id: string;
  from: string;
  to: string;
  tone: 'ok' | 'watch' | 'bad' | 'idle';
  words: string;
  href: string;
}

const tones: Record<string, Flow['tone']> = {
  streaming: 'ok',
  syncing: 'watch',
  lagging: 'watch',
  stalled: 'bad',
  broken: 'bad',
};

function wordsOf({ state, look }: StreamRow): string {
  if (!look) return state === 'active' ? 'not looked at yet' : state;
  const lag = look.lagSeconds === null ? '' : `, ${seconds(look.lagSeconds)} behind`;
  return `${look.health}${lag}`;
}

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
    .map(stream => ({
      id: stream.id,
      from: stream.publisher,
      to: stream.subscriber,
      tone: tones[stream.look?.health ?? ''] ?? 'idle',
      words: wordsOf(stream),
      href: `/federation/replication?stream=${stream.id}`,
    }));
}
