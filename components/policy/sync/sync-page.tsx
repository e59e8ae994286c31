'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { toast } from '#components/ui/toast.ts';
import type { SyncState } from '#server/policy/sync/schema.ts';
import { DiscrepancyTable } from './discrepancy-table.tsx';
import { RunList } from './run-list.tsx';

export function SyncPage() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('sync:run');
  const { data, error } = useQuery({ ...trpc.policySync.status.queryOptions({}), refetchInterval: 10_000 });
  const check = useMutation(trpc.policySync.check.mutationOptions());
  const checkNow = async () => {
    try {
      const state = await check.mutateAsync({});
      queries.setQueryData(trpc.policySync.status.queryKey({}), state);
      toast.success(
        state.open.length === 0 ? 'Hub and relays agree.' : `${state.open.length} discrepancies are open.`,
      );
    } catch (failed) {
      toast.error(messageOf(failed));
    }
  };
  if (error) return <ErrorState title="The sync state could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-64" />;
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <SyncVerdict state={data} />
        <span className="ml-auto flex items-center gap-2">
          {data.simulated ? <SimulatedBadge /> : null}
          <Button kind="primary" busy={check.isPending} why={why} onClick={() => void checkNow()}>
            Check now
          </Button>
        </span>
      </div>
      <p className="max-w-3xl text-ink-2">
        Every minute, what each relay says it holds is compared with what the hub wants. If more than{' '}
        {data.limit} relays in touch do not hold a policy, its last content goes out again as a newer version;
        silent relays never count towards that.
      </p>
      <Card title={`Open discrepancies (${data.open.length})`}>
        {data.open.length === 0 ? (
          <EmptyState title="Nothing is open">
            Every relay in touch holds exactly what the hub wants of it.
          </EmptyState>
        ) : (
          <DiscrepancyTable label="Open discrepancies" rows={data.open} />
        )}
      </Card>
      <Card title="Runs" end={data.run ? <Time at={data.run.at} /> : null}>
        {data.runs.length === 0 ? (
          <EmptyState title="It has not looked yet">The first look comes within a minute.</EmptyState>
        ) : (
          <RunList runs={data.runs} />
        )}
      </Card>
      <Card title="Resolved">
        {data.resolved.length === 0 ? (
          <EmptyState title="Nothing had to be mended yet">
            Discrepancies stand here once they are gone, with how long they lasted.
          </EmptyState>
        ) : (
          <DiscrepancyTable label="Resolved discrepancies" rows={data.resolved} />
        )}
      </Card>
    </>
  );
}

function SyncVerdict({ state }: { state: SyncState }) {
  const { run, open } = state;
  if (!run) return <Verdict>Hub and relays have not been compared yet.</Verdict>;
  const relays = new Set(open.map(row => row.relay)).size;
  if (open.length === 0)
    return (
      <Verdict>
        All <Phrase href="/policies/relays">{run.relays} relays</Phrase> hold what the hub wants of{' '}
        <Phrase href="/policies">{run.policies} policies</Phrase>.
      </Verdict>
    );
  return (
    <Verdict>
      {relays} of <Phrase href="/policies/relays">{run.relays} relays</Phrase> {relays === 1 ? 'does' : 'do'}{' '}
      not agree with the hub: {open.length} {open.length === 1 ? 'discrepancy is' : 'discrepancies are'} open.
    </Verdict>
  );
}
