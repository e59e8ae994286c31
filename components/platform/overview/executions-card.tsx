'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { Time } from '#components/console/time.tsx';
import { ExecutionState } from '#components/governance/actions/execution-state.tsx';
import { runningStates, waitingStates } from '#components/governance/actions/states.ts';
import type { ExecutionRow } from '#server/governance/actions/schema.ts';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { Nothing, OverviewCard } from './overview-card.tsx';
import { type ScopedTenants, tenantFilter } from './scoped-tenants.ts';
import { many } from './words.ts';

/** What is being changed now, and what waits for somebody before it changes anything. */
export function ExecutionsCard({ tenants }: { tenants: ScopedTenants }) {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('action:read');
  const of = (state: readonly ExecutionRow['state'][]) => ({
    ...trpc.actions.list.queryOptions({
      state: [...state],
      ...tenantFilter(tenants),
      sort: 'requestedAt',
      dir: 'desc',
      limit: 5,
      total: true,
    }),
    enabled: may && tenants.known,
    refetchInterval: 15_000,
  });
  const running = useQuery(of(runningStates));
  const waiting = useQuery(of(waitingStates));
  const both = running.data && waiting.data ? { running: running.data, waiting: waiting.data } : undefined;
  return (
    <OverviewCard
      title="Executions"
      end={
        both
          ? `${many(both.running.total ?? 0, 'under way', 'under way')}, ${many(both.waiting.total ?? 0, 'waits', 'wait')}`
          : null
      }
      href="/governance/executions"
      link="Executions"
      permission="action:read"
      asked={{
        data: both,
        error: running.error ?? waiting.error,
        refetch: () => Promise.all([running.refetch(), waiting.refetch()]),
      }}
    >
      {({ running: now, waiting: later }) => {
        const rows = [...now.rows, ...later.rows].slice(0, 5);
        return rows.length === 0 ? (
          <Nothing>Nothing is being changed, and nothing waits to be.</Nothing>
        ) : (
          <ul className="mt-2 divide-y border-t">
            {rows.map(row => (
              <li key={row.id}>
                <Link
                  href={`/governance/executions/${row.id}`}
                  className="flex items-start gap-3 px-3.5 py-2 hover:bg-sunken"
                >
                  <span className="min-w-0 flex-1">
                    <span className="line-clamp-2 font-medium" title={row.title}>
                      {row.title}
                    </span>
                    <span className="text-ink-2 text-sm">
                      asked by {row.requester} <Time at={row.requestedAt} />
                    </span>
                  </span>
                  <ExecutionState state={row.state} dryRun={row.dryRun} />
                </Link>
              </li>
            ))}
          </ul>
        );
      }}
    </OverviewCard>
  );
}
