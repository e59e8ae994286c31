'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { parseAsInteger, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { EmptyState, ErrorState, NoMatch } from '#components/console/states.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { toast } from '#components/ui/toast.ts';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { InboxItem } from './inbox-item.tsx';

const shows = ['all', 'unread'] as const;
const pageRows = 30;

export function InboxPage() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [{ show, from }, set] = useQueryStates({
    show: parseAsStringLiteral(shows).withDefault('all'),
    from: parseAsInteger.withDefault(0),
  });
  const { data: counts } = useQuery(trpc.notifications.counts.queryOptions());
  const list = useQuery(
    trpc.notifications.inbox.queryOptions({ unread: show === 'unread', offset: from, limit: pageRows }),
  );
  const mark = useMutation(
    trpc.notifications.markRead.mutationOptions({
      onSuccess: () => queries.invalidateQueries(trpc.notifications.pathFilter()),
      onError: error => toast.error(messageOf(error)),
    }),
  );
  const rows = list.data?.rows ?? [];
  const next = list.data?.nextOffset ?? null;
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <InboxVerdict counts={counts} />
        <div className="flex gap-2 md:ml-auto">
          <Button
            onClick={() => mark.mutate({})}
            busy={mark.isPending}
            why={counts?.unread === 0 ? 'Nothing is unread.' : null}
          >
            Mark all read
          </Button>
          <Button onClick={() => void set({ show: show === 'all' ? 'unread' : 'all', from: 0 })}>
            {show === 'all' ? 'Only unread' : 'Show all'}
          </Button>
        </div>
      </div>
      <Card className="min-w-0">
        {list.isPending ? <Skeleton className="m-3.5 h-40" /> : null}
        {list.error ? (
          <ErrorState
            title="The notifications could not be read"
            action={<Button onClick={() => void list.refetch()}>Try again</Button>}
          >
            {messageOf(list.error)}
          </ErrorState>
        ) : null}
        {list.data && rows.length === 0 ? (
          show === 'unread' ? (
            <NoMatch
              title="Nothing is unread"
              action={<Button onClick={() => void set({ show: 'all', from: 0 })}>Show all</Button>}
            />
          ) : (
            <EmptyState title="No notifications yet">
              Approvals that wait for you, alerts and security notices appear here. How else you are told is
              under{' '}
              <Link href="/settings/notifications" className="link">
                Notification settings
              </Link>
              .
            </EmptyState>
          )
        ) : null}
        {rows.length > 0 ? (
          <ul className="divide-y" aria-label="Notifications">
            {rows.map(row => (
              <InboxItem key={row.id} row={row} onRead={() => mark.mutate({ ids: [row.id] })} />
            ))}
          </ul>
        ) : null}
      </Card>
      {from > 0 || next !== null ? (
        <nav aria-label="Pages" className="flex justify-end gap-2">
          <Button
            onClick={() => void set({ from: Math.max(0, from - pageRows) })}
            why={from === 0 ? 'These are the newest.' : null}
          >
            Newer
          </Button>
          <Button
            onClick={() => void set({ from: next })}
            why={next === null ? 'These are the oldest.' : null}
          >
            Older
          </Button>
        </nav>
      ) : null}
    </>
  );
}

function InboxVerdict({
  counts,
}: {
  counts: { unread: number; critical: number; total: number } | undefined;
}) {
  if (!counts) return <Verdict>Reading the notifications …</Verdict>;
  if (counts.total === 0) return <Verdict>Nobody has told you anything yet.</Verdict>;
  if (counts.unread === 0) return <Verdict>Everything is read.</Verdict>;
  return (
    <Verdict>
      <Phrase href="/notifications?show=unread">{`${counts.unread} unread`}</Phrase>
      {counts.critical > 0 ? (
        <>
          ,{' '}
          <Phrase
            href="/notifications?show=unread"
            tone="bad"
          >{`${counts.critical} of them critical`}</Phrase>
        </>
      ) : null}
      .
    </Verdict>
  );
}
