'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useMe } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Pill } from '#components/ui/pill.tsx';
import type { Mirror } from '#server/federation/replication/schema.ts';
import { seconds } from '../replication/stream-words.tsx';
import { StandingList } from './standing-list.tsx';

const tone = ({ held, state, health }: Mirror) => {
  if (held) return 'bad';
  if (state !== 'active') return 'idle';
  return health === 'streaming' ? 'ok' : 'watch';
};

function proofOf({ parity, leakScan }: Mirror): string {
  const compared = parity ? `compared: ${parity.state}` : 'never compared';
  const leaks = leakScan
    ? leakScan.leaks.length === 0
      ? 'nothing personal found'
      : `${leakScan.leaks.length} leaks found`
    : 'never searched';
  return `${compared}; ${leaks}`;
}

/** Where copies of its rows lie, how far they are behind and what proves them. */
export function TenantMirrors({ id }: { id: string }) {
  const trpc = useTRPC();
  const asked = useQuery({
    ...trpc.replication.replicas.queryOptions({ id }),
    enabled: useMe().permissions.includes('replication:read'),
    refetchInterval: 10_000,
  });
  return (
    <StandingList
      title="Mirrors"
      href="/federation/replication"
      link="Replication"
      permission="replication:read"
      asked={asked}
      label="Mirrors"
      rows={data => data.replicas}
      idOf={mirror => mirror.streamId}
      none="No stream carries its rows anywhere."
      line="grid gap-1"
    >
      {mirror => (
        <>
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Link className="link" href={`/federation/replication?stream=${mirror.streamId}`}>
              {mirror.from} to {mirror.region}
            </Link>
            <Pill tone={tone(mirror)}>
              {mirror.held ? 'not allowed' : mirror.state === 'active' ? mirror.health : mirror.state}
            </Pill>
            {mirror.state === 'active' ? (
              <span className="num ml-auto text-ink-2">{seconds(mirror.lagSeconds)} behind</span>
            ) : null}
          </span>
          <span className="text-ink-2 text-sm">{mirror.held ? mirror.held.why : proofOf(mirror)}</span>
        </>
      )}
    </StandingList>
  );
}
