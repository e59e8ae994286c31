'use client';

import { useQuery } from '@tanstack/react-query';
import { Time } from '#components/console/time.tsx';
import { ExecutionState } from '#components/governance/actions/execution-state.tsx';
import { runningStates, waitingStates } from '#server/governance/actions/schema/states.ts';
import type { ExecutionRow } from '#server/governance/actions/schema.ts';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { Nothing, OverviewCard } from './overview-card.tsx';
import { OverviewLine, OverviewLines } from './overview-line.tsx';
import { firstFive, type ScopedTenants } from './scoped-tenants.ts';
import { many } from './words.ts';

/** What is being changed now, and what waits for somebody before it changes anything. */
export function ExecutionsCard({ tenants }: { tenants: ScopedTenants }) {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('action:read');
  const of = (state: readonly ExecutionRow['state'][]) => ({
    ...trpc.actions.list.queryOptions({
      state: [...state],
      ...firstFive(tenants, 'requestedAt'),
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
          <OverviewLines>
            {rows.map(row => (
              <OverviewLine
                key={row.id}
                href={`/governance/executions/${row.id}`}
                title={row.title}
                said={
                  <>
                    asked by {row.requester} <Time at={row.requestedAt} />
                  </>
                }
                mark={<ExecutionState state={row.state} dryRun={row.dryRun} />}
              />
            ))}
          </OverviewLines>
        );
      }}
    </OverviewCard>
  );
}
