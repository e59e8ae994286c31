'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { cn } from '#components/ui/cn.ts';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';

const tones = {
  PASS: 'bg-ok-soft text-ok',
  FAIL: 'bg-bad-soft text-bad underline',
  BLOCKED: 'bg-watch-soft text-watch',
  'N/A': 'bg-sunken text-ink-2',
};

/** Seven small answers in the header; each says in words what its colour says. */
export function PolicyStrip() {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('control:read');
  const { data } = useQuery({ ...trpc.alerts.matrix.queryOptions(), enabled: may, refetchInterval: 60_000 });
  if (!data) return null;
  return (
    <nav aria-label="Policies" data-tour="policies" className="hidden gap-1 lg:flex">
      {data.policies.map(({ policy, result }) => (
        <Link
          key={policy}
          href="/settings/environment#policies"
          title={`${policy}: ${data.stale ? 'stale, last ' : ''}${result}`}
          aria-label={`${policy}: ${data.stale ? 'stale, last ' : ''}${result}`}
          className={cn(
            'rounded px-1.5 font-medium text-xs leading-5',
            data.stale ? tones['N/A'] : tones[result],
          )}
        >
          {policy}
        </Link>
      ))}
    </nav>
  );
}
