'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { Card } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { useCounts } from '../frame/counts.ts';
import { useRegionScope } from '../frame/scope.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';

interface Need {
  href: string;
  title: string;
  text: string;
  mark: string;
  tone?: 'watch' | 'bad';
}

/** What waits for this person, made of what is so; empty is good news. */
export function NeedsYou() {
  const me = useMe();
  const trpc = useTRPC();
  const scope = useRegionScope();
  const { data: pending } = useQuery({
    ...trpc.regions.list.queryOptions({
      ...scope,
      state: ['degraded', 'quarantined', 'unreachable'],
      limit: 20,
    }),
    enabled: me.permissions.includes('region:read'),
  });
  const counts = useCounts().filter(count => count.n > 0 && count.name !== 'waitingApprovals');
  const { data: waiting } = useQuery({
    ...trpc.approvals.list.queryOptions({ mine: true, limit: 10 }),
    enabled: me.permissions.includes('approval:decide'),
  });
  const needs: Need[] = [
    ...(me.mustChangePassword
      ? [
          {
            href: '/settings/profile',
            title: 'Change your password',
            text: 'It was set by an administrator.',
            mark: 'now',
          },
        ]
      : []),
    ...(me.mfa.enrolled
      ? []
      : [
          {
            href: '/settings/security',
            title: 'Set up a second factor',
            text: 'Sensitive acts ask for it.',
            mark: 'once',
          },
        ]),
    ...counts.map(({ href, text, tone }) => ({
      href,
      title: text.charAt(0).toUpperCase() + text.slice(1),
      text: 'See what it is, and what can be done.',
      mark: 'now',
      tone,
    })),
    ...(waiting?.rows ?? []).map(row => ({
      href: `/approvals/${row.id}`,
      title: row.title,
      text: `Asked by ${row.requester}`,
      mark: 'decide',
    })),
    ...(pending?.rows ?? []).map(row => ({
      href: `/federation/regions/${row.id}`,
      title: `Region ${row.id}`,
      text: row.environment,
      mark: row.state,
    })),
  ];
  return (
    <Card title="Needs you" end={needs.length}>
      {needs.length === 0 ? (
        <p className="px-3.5 py-6 text-ink-2">Nothing waits for you.</p>
      ) : (
        <ul className="mt-2 divide-y">
          {needs.map(need => (
            <li key={need.href}>
              <Link href={need.href} className="flex items-start gap-3 px-3.5 py-2.5 hover:bg-sunken">
                <span className="min-w-0 flex-1">
                  <span className="block font-medium">{need.title}</span>
                  <span className="text-ink-2">{need.text}</span>
                </span>
                <Pill tone={need.tone ?? 'watch'}>{need.mark}</Pill>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
