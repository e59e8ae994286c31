'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { Timeline } from '#components/console/timeline.tsx';
import { useMe } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Skeleton } from '#components/ui/card.tsx';

/** The ledger's entries about one thing, or about everything. */
export function TargetTimeline({ target, limit = 20 }: { target?: string; limit?: number }) {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('audit:read');
  const { data, isPending, error } = useQuery({
    ...trpc.audits.list.queryOptions({ ...(target ? { target } : {}), limit }),
    enabled: may,
    refetchInterval: query => (query.state.data?.rows.some(row => row.index === null) ? 1000 : false),
  });
  if (!may) return <p className="px-3.5 py-6 text-ink-2">You lack the permission audit:read.</p>;
  if (error) return <p className="px-3.5 py-6 text-bad">{error.message}</p>;
  if (isPending) return <Skeleton className="m-3.5 h-40" />;
  return (
    <Timeline
      empty="Nothing has happened here yet."
      items={data.rows.map(row => ({
        id: row.uid,
        at: row.at,
        text: (
          <Link href={`/governance/ledger/${row.uid}`} className="hover:underline">
            {row.sentence}
          </Link>
        ),
        end: row.actor,
        sealIndex: row.index,
      }))}
    />
  );
}
