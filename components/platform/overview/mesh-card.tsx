'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { cn } from '#components/ui/cn.ts';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { OverviewCard } from './overview-card.tsx';
import { duration, many } from './words.ts';

/** How fast a change reaches every relay, beside what it may take, and who holds what the hub wants. */
export function MeshCard() {
  const trpc = useTRPC();
  const { permissions } = useMe();
  const asked = useQuery({
    ...trpc.policies.status.queryOptions({}),
    enabled: permissions.includes('relay:read'),
    refetchInterval: 10_000,
  });
  const sync = useQuery({
    ...trpc.policySync.status.queryOptions({}),
    enabled: permissions.includes('sync:read'),
    refetchInterval: 30_000,
  });
  return (
    <OverviewCard
      title="Policy mesh"
      href="/policies"
      link="Policies"
      permission="relay:read"
      asked={asked}
      className="pb-2"
    >
      {({ relays, policies, rollouts, sync: { p50, p99, samples, budgetMs } }) => (
        <>
          <div className="grid gap-1.5 px-3.5 py-3">
            {p99 === null ? (
              <p className="text-ink-2">Nothing was published in the last day, so nothing was measured.</p>
            ) : (
              <>
                <p>
                  <strong className={cn('num text-xl', p99 > budgetMs && 'text-bad')}>{duration(p99)}</strong>{' '}
                  <span className="text-ink-2">
                    from publish to active, p99 of {many(samples, 'acknowledgement', 'acknowledgements')}
                  </span>
                </p>
                <span className="relative h-2 rounded-sm bg-sunken" aria-hidden>
                  <span
                    className={cn(
                      'absolute inset-y-0 left-0 rounded-sm',
                      p99 > budgetMs ? 'bg-bad' : 'bg-accent',
                    )}
                    style={{ width: `${Math.min(100, (p99 / budgetMs) * 100)}%` }}
                  />
                </span>
                <p className="text-ink-2 text-sm">
                  {Math.round((p99 / budgetMs) * 100)} % of the budget of {duration(budgetMs)}; median{' '}
                  {duration(p50 ?? 0)}, last day
                </p>
              </>
            )}
          </div>
          <ul className="divide-y border-t">
            <Line
              href="/policies/relays"
              label="Relays in touch"
              value={`${relays.connected} of ${relays.admitted}`}
              watch={relays.connected < relays.admitted}
            />
            <Line href="/policies?state=active" label="Active policies" value={`${policies.active}`} />
            {rollouts.open > 0 ? (
              <Line href="/policies" label="On their way" value={`${rollouts.open}`} watch />
            ) : null}
            {sync.data ? (
              <Line
                href="/policies/sync"
                label="Discrepancies"
                value={sync.data.run ? `${sync.data.open.length}` : 'not compared yet'}
                watch={sync.data.open.length > 0}
              />
            ) : null}
          </ul>
        </>
      )}
    </OverviewCard>
  );
}

function Line(props: { href: string; label: string; value: string; watch?: boolean }) {
  return (
    <li>
      <Link href={props.href} className="flex items-baseline gap-3 px-3.5 py-1.5 hover:bg-sunken">
        <span className="flex-1 text-ink-2">{props.label}</span>
        <span className={cn('num font-medium', props.watch && 'text-watch')}>{props.value}</span>
      </Link>
    </li>
  );
}
