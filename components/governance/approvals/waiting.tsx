'use client';

import { useQuery } from '@tanstack/react-query';
import { Clock } from 'lucide-react';
import Link from 'next/link';
import { useMe } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { toast } from '#components/ui/toast.ts';
import { waitsForApproval } from '#server/kernel/approvals/schema/terms.ts';
import type { ApprovalRequired } from '#server/kernel/approvals/schema.ts';

/** After a command: says that it waits for people and where, instead of that it was done. True when it waits. */
export function announceWaiting(result: unknown): result is ApprovalRequired {
  if (!waitsForApproval(result)) return false;
  toast('Waiting for approval', {
    description: 'Nothing was changed yet. It runs by itself once enough people agreed.',
    duration: 15_000,
    action: (
      <Link href={`/approvals/${result.requestId}`} className="link ml-auto shrink-0">
        See the request
      </Link>
    ),
  });
  return true;
}

/** What waits for people about this thing, on its own page. */
export function WaitingFor({ subject }: { subject: string }) {
  const me = useMe();
  const trpc = useTRPC();
  const { data } = useQuery({
    ...trpc.approvals.list.queryOptions({ subject, state: ['pending', 'approved'], limit: 5 }),
    enabled: me.permissions.includes('approval:read'),
  });
  const open = (data?.rows ?? []).filter(row => row.state === 'pending' || row.state === 'approved');
  if (open.length === 0) return null;
  return (
    <ul className="grid gap-2">
      {open.map(row => (
        <li
          key={row.id}
          className="flex items-center gap-2 rounded-lg border border-watch bg-watch-soft px-3.5 py-2.5"
        >
          <Clock className="size-4 shrink-0 text-watch" aria-hidden />
          <span className="min-w-0 flex-1">
            {row.state === 'pending' ? 'Waiting for approval' : 'Approved, about to run'}: {row.title}
          </span>
          <Link href={`/approvals/${row.id}`} className="link shrink-0">
            See the request
          </Link>
        </li>
      ))}
    </ul>
  );
}
