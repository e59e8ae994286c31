'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Pager } from '#components/console/pager.tsx';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import type { SessionListRow } from '#server/platform/sessions/schema.ts';
import { useMe } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { useStepUpMutation } from '../mfa/use-step-up-mutation.ts';
import { signOut } from './sign-in-client.ts';
import { describeAgent } from './user-agent.ts';

/** Where one is signed in; with `others`, where everybody else is, for administrators. */
export function SessionsCard({ others = false }: { others?: boolean }) {
  const trpc = useTRPC();
  const me = useMe();
  const queries = useQueryClient();
  const [offset, setOffset] = useState(0);
  const page = { sort: 'lastSeenAt', dir: 'desc', offset, total: true } as const;
  const own = useQuery(trpc.sessions.mine.queryOptions(page, { enabled: !others }));
  const everybody = useQuery(trpc.sessions.all.queryOptions(page, { enabled: others }));
  const sessions = others ? everybody : own;
  const rows = (sessions.data?.rows ?? []).filter(session => !others || session.userId !== me.id);
  const options = {
    onSuccess: () => queries.invalidateQueries(trpc.sessions.pathFilter()),
    onError: (error: unknown) => void toast.error(messageOf(error)),
  };
  const revoke = useStepUpMutation(trpc.sessions.revoke.mutationOptions(options));
  const revokeAny = useStepUpMutation(trpc.sessions.revokeAny.mutationOptions(options));
  const end = others ? revokeAny : revoke;

  return (
    <Card
      title={others ? 'Sessions of others' : 'Sessions'}
      end={
        sessions.data
          ? `${sessions.data.total ?? rows.length} open${others ? ', yours among them' : ''}`
          : null
      }
    >
      <div className="p-3.5">
        {sessions.isPending ? <Skeleton className="h-24" /> : null}
        {sessions.error ? <p className="text-bad">{messageOf(sessions.error)}</p> : null}
        {sessions.data && rows.length === 0 ? <p className="text-ink-2">Nobody else is signed in.</p> : null}
        <ul className="divide-y">
          {rows.map(session => (
            <li key={session.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
              <Line session={session} others={others} />
              <span className="ml-auto">
                {session.current ? (
                  <Button size="sm" onClick={() => void signOut()}>
                    Sign out
                  </Button>
                ) : (
                  <Button
                    size="sm"
                    kind="danger"
                    busy={end.isPending && end.variables?.id === session.id}
                    onClick={() => end.mutate({ id: session.id })}
                  >
                    End
                  </Button>
                )}
              </span>
            </li>
          ))}
        </ul>
        <Pager offset={offset} next={sessions.data?.nextOffset ?? null} onOffset={setOffset} />
      </div>
    </Card>
  );
}

function Line({ session, others }: { session: SessionListRow; others: boolean }) {
  return (
    <>
      {others ? <span className="min-w-24 font-medium">{session.userName}</span> : null}
      <span title={session.userAgent}>{describeAgent(session.userAgent)}</span>
      <span className="font-mono text-ink-3 text-sm">{session.ip}</span>
      <span className="text-ink-3 text-sm">
        seen <Time at={session.lastSeenAt} />
      </span>
      {session.current ? <Pill tone="ok">this one</Pill> : null}
      {session.mfaAt ? <Pill>second factor</Pill> : null}
    </>
  );
}
