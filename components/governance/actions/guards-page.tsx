'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { Properties } from '#components/console/detail.tsx';
import { ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { GuardRow } from '#server/governance/actions/schema.ts';
import { FreezesCard } from './freezes-card.tsx';
import { LimitsDialog } from './limits-dialog.tsx';

export const whose = (tenantId: string): string => (tenantId === '*' ? 'the installation' : tenantId);

export function GuardsPage() {
  const trpc = useTRPC();
  const { data, error, isPending } = useQuery(trpc.actions.guards.queryOptions({}));
  const { data: tenants } = useQuery(trpc.tenants.list.queryOptions({ limit: 200 }));
  if (error) return <ErrorState title="The guards could not be read">{messageOf(error)}</ErrorState>;
  if (isPending) return <Skeleton className="h-64" />;
  const killed = data.guards.filter(guard => guard.killed);
  const ids = ['*', ...(tenants?.rows ?? []).map(row => row.id)];
  return (
    <>
      <Verdict>
        {killed.length === 0
          ? 'Executions may begin, within these limits.'
          : `No execution begins for ${killed.map(guard => whose(guard.tenantId)).join(', ')}.`}
      </Verdict>
      <div className="grid gap-3.5 lg:grid-cols-2">
        {data.guards.map(guard => (
          <GuardCard key={guard.tenantId} guard={guard} />
        ))}
        <OtherTenant ids={ids.filter(id => !data.guards.some(guard => guard.tenantId === id))} />
      </div>
      <FreezesCard freezes={data.freezes} tenants={ids} />
      <Card title="Locked targets" end={`${data.locks.length}`}>
        {data.locks.length === 0 ? (
          <p className="px-3.5 py-4 text-ink-2">No target is being changed.</p>
        ) : (
          <ul className="divide-y">
            {data.locks.map(lock => (
              <li key={lock.target} className="flex flex-wrap gap-3 px-3.5 py-2">
                <span className="font-medium">{lock.target}</span>
                <Link className="link" href={`/governance/executions/${lock.executionId}`}>
                  {lock.executionId}
                </Link>
                <span className="ml-auto text-ink-3 text-sm">
                  until <Time at={lock.until} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Card>
    </>
  );
}

function GuardCard({ guard }: { guard: GuardRow }) {
  const [ask, setAsk] = useState<'kill' | 'limit' | null>(null);
  const mayStop = useWhyNot('action:stop');
  const mayGuard = useWhyNot('action:guard');
  return (
    <Card
      title={`Of ${whose(guard.tenantId)}`}
      end={guard.killed ? <Pill tone="bad">kill switch engaged</Pill> : <Pill tone="ok">open</Pill>}
    >
      <div className="grid gap-3 p-3.5 pt-2">
        {guard.killed ? (
          <p>
            By {guard.killedBy} <Time at={guard.killedAt} />: {guard.killedReason}
          </p>
        ) : null}
        <Properties
          items={[
            ['Targets within an hour', guard.hourlyTargets],
            ['Changes of one target', `${guard.flapLimit} within ${guard.flapMinutes} minutes`],
          ]}
        />
        <div className="flex flex-wrap gap-2">
          <Button kind="danger" why={guard.killed ? mayGuard : mayStop} onClick={() => setAsk('kill')}>
            {guard.killed ? 'Release the kill switch' : 'Engage the kill switch'}
          </Button>
          <Button why={mayGuard} onClick={() => setAsk('limit')}>
            Change the limits
          </Button>
        </div>
      </div>
      <KillDialog guard={guard} open={ask === 'kill'} onClose={() => setAsk(null)} />
      <LimitsDialog guard={guard} open={ask === 'limit'} onClose={() => setAsk(null)} />
    </Card>
  );
}

function KillDialog({
  guard,
  open,
  onClose,
}: {
  guard: Pick<GuardRow, 'tenantId' | 'killed'>;
  open: boolean;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const guarded = useStepUp();
  const confirm = async (reason: string) => {
    const input = { tenant_id: guard.tenantId, reason };
    await guarded(() =>
      guard.killed ? client.actions.release.mutate(input) : client.actions.kill.mutate(input),
    ).catch(failure => Promise.reject(new Error(messageOf(failure))));
    await queries.invalidateQueries({ queryKey: trpc.actions.pathKey() });
  };
  return (
    <DangerDialog
      open={open}
      onOpenChange={next => (next ? null : onClose())}
      title={guard.killed ? 'Release the kill switch' : 'Engage the kill switch'}
      blast={
        guard.killed
          ? `Executions of ${whose(guard.tenantId)} may begin again.`
          : `No step of ${whose(guard.tenantId)} begins any more. Executions under way are taken back.`
      }
      typeName={guard.tenantId === '*' ? 'installation' : guard.tenantId}
      action={guard.killed ? 'Release' : 'Engage'}
      onConfirm={confirm}
    />
  );
}

/** A tenant without limits of its own has everybody's; this is where it gets a switch of its own. */
function OtherTenant({ ids }: { ids: string[] }) {
  const [tenant, setTenant] = useState('');
  const [asked, setAsked] = useState(false);
  const why = useWhyNot('action:stop');
  return (
    <Card title="Another tenant">
      <div className="flex flex-wrap items-center gap-2 p-3.5 pt-2">
        <select
          aria-label="Tenant"
          className="h-8 rounded-md border border-line-strong bg-surface px-2"
          value={tenant}
          onChange={event => setTenant(event.target.value)}
        >
          <option value="">Choose …</option>
          {ids.map(id => (
            <option key={id} value={id}>
              {whose(id)}
            </option>
          ))}
        </select>
        <Button
          kind="danger"
          why={why ?? (tenant === '' ? 'Choose a tenant first.' : null)}
          onClick={() => setAsked(true)}
        >
          Engage its kill switch
        </Button>
      </div>
      <KillDialog guard={{ tenantId: tenant, killed: false }} open={asked} onClose={() => setAsked(false)} />
    </Card>
  );
}
