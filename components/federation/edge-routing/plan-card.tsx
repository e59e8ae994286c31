'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { Properties } from '#components/console/detail.tsx';
import { ErrorState } from '#components/console/states.tsx';
import { announceWaiting } from '#components/governance/approvals/waiting.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { toast } from '#components/ui/toast.ts';
import type { FailoverPlan } from '#server/federation/edge-routing/schema.ts';
import { bytes, seconds } from '../replication/stream-words.tsx';

/** What people entered while their region was away, into columns that no stream carries. */
function homewards({ homewards: found, from, to }: FailoverPlan): [string, string][] {
  if (found === null)
    return [['Goes home', `not known: ${from} does not answer, so what was entered there stays there`]];
  if (found.length === 0) return [];
  const values = found.map(one => `${one.rows} of ${one.table}.${one.column}`).join(', ');
  return [['Goes home', `${values}: entered in ${from}, brought to ${to} before the streams are cut`]];
}

/** What would happen, how long it would take and what would be lost; the same steps dry and for real. */
export function PlanCard({ from, to, running }: { from: string; to: string; running: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('failover:write');
  const [asking, setAsking] = useState(false);
  const { data: plan, error } = useQuery({
    ...trpc.edgeRouting.plan.queryOptions({ from, to }),
    refetchInterval: 5000,
  });
  const execute = useMutation(trpc.edgeRouting.execute.mutationOptions());
  if (error) return <ErrorState title="The plan could not be made">{messageOf(error)}</ErrorState>;
  if (!plan) return <Skeleton className="h-64" />;
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.edgeRouting.pathKey() });
  const dry = async () => {
    try {
      await execute.mutateAsync({ from, to, reason: 'Dry run from the failover page', dryRun: true });
      toast.success('The dry run is in the history. Nothing was changed.');
      await refresh();
    } catch (failed) {
      toast.error(messageOf(failed));
    }
  };
  const begin = async (reason: string) => {
    const result = await execute
      .mutateAsync({ from, to, reason, despiteNotReady: true })
      .catch(failed => Promise.reject(new Error(messageOf(failed))));
    await refresh();
    announceWaiting(result);
  };
  const open = plan.readiness.rows.filter(r => !['ready', 'note'].includes(r.result));
  return (
    <Card title={`Plan: ${from} to ${to}, epoch ${plan.epoch}`}>
      <div className="grid gap-4 p-3.5">
        <ol className="grid gap-1.5" aria-label="Steps">
          {plan.steps.map((step, i) => (
            <li key={step.name} className="flex gap-2">
              <span className="num text-ink-3">{i + 1}</span>
              <span className="flex-1">{step.title}</span>
              <span className="num whitespace-nowrap text-ink-2">{step.seconds} s</span>
            </li>
          ))}
        </ol>
        <Properties
          items={[
            ['Predicted loss', `${seconds(plan.predicted.rpoSeconds)}, ${bytes(plan.predicted.rpoBytes)}`],
            ...(plan.predicted.detectSeconds === null
              ? []
              : ([['Noticed within', `about ${plan.predicted.detectSeconds} s`]] as [string, string][])),
            ['Without writes', `about ${plan.predicted.rtoSeconds} s`],
            ['Because', plan.predicted.basis],
            ['Tenants', plan.tenants.join(', ') || 'none'],
            ['Not there', plan.withheld.join(', ') || 'nothing is withheld'],
            ...homewards(plan),
            ...(plan.breaker ? ([['Breaker', plan.breaker]] as [string, string][]) : []),
          ]}
        />
        <div className="flex flex-wrap gap-2">
          <Button why={why} busy={execute.isPending} onClick={() => void dry()}>
            Run dry
          </Button>
          <Button
            kind="danger"
            why={why ?? (running ? 'A failover is under way.' : null)}
            onClick={() => setAsking(true)}
          >
            Fail over
          </Button>
        </div>
      </div>
      <DangerDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Fail ${from} over to ${to}`}
        needs="An approver decides; it runs by itself once somebody agreed. This is written to the ledger with your name."
        blast={
          <>
            {plan.tenants.length} tenants write in {to} afterwards. Predicted loss:{' '}
            {seconds(plan.predicted.rpoSeconds)}; no writes for about {plan.predicted.rtoSeconds} s. The way
            back is planned at once.
            {open.length > 0 ? (
              <span className="mt-1 block font-medium">
                Not ready: {open.map(r => r.title.toLowerCase()).join('; ')}.
              </span>
            ) : null}
          </>
        }
        typeName={from}
        action="Ask for the failover"
        onConfirm={begin}
      />
    </Card>
  );
}
