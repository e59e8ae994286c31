'use client';

import { useQuery } from '@tanstack/react-query';
import { Phrase } from '#components/console/verdict.tsx';
import { useMe } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { byReadiness } from './by-readiness.ts';

export function useFailover() {
  const trpc = useTRPC();
  return useQuery({
    ...trpc.edgeRouting.status.queryOptions({}),
    enabled: useMe().permissions.includes('failover:read'),
    refetchInterval: 15_000,
  });
}

/** Whether one of these regions could stand in for another, or the other way round. Nothing is said before it is known. */
export function FailoverPhrase({ regions }: { regions: readonly { id: string }[] }) {
  const { data } = useFailover();
  if (!data) return null;
  const here = new Set(regions.map(row => row.id));
  const pairs = data.matrix.filter(m => here.has(m.from) || here.has(m.to));
  const [first] = pairs.toSorted(byReadiness);
  if (!first) return <>No region could stand in for another: nothing is replicated here. </>;
  return (
    <>
      Failover{' '}
      <Phrase
        href={`/federation/failover?pair=${encodeURIComponent(`${first.from}.${first.to}`)}`}
        tone={first.ready ? 'plain' : 'watch'}
      >
        {`${first.from} to ${first.to} is ${first.ready ? '' : 'not '}ready`}
      </Phrase>
      {first.ready && first.lagSeconds !== null ? `, losing at most ${first.lagSeconds.toFixed(1)} s` : ''}.{' '}
    </>
  );
}
