'use client';

import { useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { ErrorState } from '#components/console/states.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Skeleton } from '#components/ui/card.tsx';
import type { MemberRow } from '#server/federation/trust/schema.ts';
import { InvitesCard } from './invites-card.tsx';
import { MembersCard } from './members-card.tsx';
import { SpreadCard } from './spread-card.tsx';

/** Checks rules with the schema of the server while they are typed. */
const RulesCard = dynamic(() => import('./rules-card.tsx').then(m => m.RulesCard), {
  loading: () => <Skeleton className="h-32" />,
});

export function TrustPage() {
  const trpc = useTRPC();
  const { data, error } = useQuery({ ...trpc.trust.members.queryOptions(), refetchInterval: 5_000 });
  if (error) return <ErrorState title="The federation could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-40" />;
  return (
    <>
      <TrustVerdict members={data.members} />
      <p className="text-ink-2">
        This installation is <span className="font-mono">{data.self.trustDomain}</span>; its bundle has number{' '}
        {data.self.sequence} and {data.self.keys.length} keys, at{' '}
        <span className="font-mono [overflow-wrap:anywhere]">{data.self.endpoint}/federation/bundle</span>.
      </p>
      <MembersCard members={data.members} />
      <SpreadCard />
      <InvitesCard invites={data.invites} />
      <RulesCard />
    </>
  );
}

function TrustVerdict({ members }: { members: MemberRow[] }) {
  const active = members.filter(member => member.state === 'active');
  const waiting = members.filter(member => member.state === 'pending').length;
  const expired = active.filter(member => member.freshness === 'expired').length;
  const stale = active.filter(member => member.freshness === 'stale').length;
  if (members.length === 0)
    return <Verdict>No other installation is trusted: nobody was invited yet.</Verdict>;
  return (
    <Verdict>
      {active.length === 1
        ? 'One other installation is trusted'
        : `${active.length} other installations are trusted`}
      {waiting > 0 ? (
        <>
          ,{' '}
          <Phrase
            href="/approvals"
            tone="watch"
          >{`${waiting} ${waiting === 1 ? 'waits' : 'wait'} for two people`}</Phrase>
        </>
      ) : null}
      {expired > 0 ? (
        <>
          , <Phrase href="#members" tone="bad">{`${expired} on an expired bundle`}</Phrase>
        </>
      ) : null}
      {stale > 0 ? (
        <>
          , <Phrase href="#members" tone="watch">{`${stale} on a stale bundle`}</Phrase>
        </>
      ) : null}
      .
    </Verdict>
  );
}
