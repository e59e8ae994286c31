'use client';

import { useQuery } from '@tanstack/react-query';
import { ClipboardCheck } from 'lucide-react';
import Link from 'next/link';
import { useMe } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';

/** How many wait for this person; the stream keeps it true. */
export function useWaiting(): number {
  const me = useMe();
  const trpc = useTRPC();
  const { data } = useQuery({
    ...trpc.approvals.waiting.queryOptions(),
    enabled: me.permissions.includes('approval:read'),
    refetchInterval: 60_000,
  });
  return data?.mine ?? 0;
}

export function WaitingBadge({ count }: { count: number }) {
  if (count === 0) return null;
  const words = count === 1 ? '1 approval waits for you' : `${count} approvals wait for you`;
  return (
    <Link
      href="/approvals"
      aria-label={words}
      title={words}
      className="inline-flex h-7 items-center gap-1 rounded-md bg-watch-soft px-2 font-medium text-sm text-watch"
    >
      <ClipboardCheck className="size-3.5" aria-hidden />
      <span className="num">{count}</span>
    </Link>
  );
}
