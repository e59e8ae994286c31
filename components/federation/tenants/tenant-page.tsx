'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { useState } from 'react';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { StatusHeader } from '#components/console/detail.tsx';
import { DiffView } from '#components/console/diff-view.tsx';
import { JsonView } from '#components/console/json-view.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { ErrorState, NotFoundState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { announceWaiting, WaitingFor } from '#components/governance/approvals/waiting.tsx';
import { TargetTimeline } from '#components/governance/audit/target-timeline.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf, problemIn } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import { toast } from '#components/ui/toast.ts';
import { MoveDialog } from './move-dialog.tsx';
import { TenantForm } from './tenant-form.tsx';
import { TenantMisplaced } from './tenant-misplaced.tsx';
import { TenantMoves } from './tenant-moves.tsx';
import { TenantProperties } from './tenant-properties.tsx';
import { TenantStanding } from './tenant-standing.tsx';
import { TenantState } from './tenant-state.tsx';

export function TenantPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const guard = useStepUp();
  const why = useWhyNot('tenant:write');
  const [tab, setTab] = useQueryState('tab', parseAsString.withDefault('overview'));
  const [editing, setEditing] = useState(false);
  const [changing, setChanging] = useState(false);
  /** Where to, once somebody asks; empty = still to be chosen. */
  const [moving, setMoving] = useState<string | null>(null);
  const whyMove = useWhyNot('tenant:move');
  const { data: tenant, error, isPending } = useQuery(trpc.tenants.get.queryOptions({ id }));
  if (problemIn(error)?.kind === 'not_found')
    return (
      <NotFoundState title={`No tenant "${id}"`}>It does not exist, or is not visible to you.</NotFoundState>
    );
  if (error) return <ErrorState title="The tenant could not be read">{messageOf(error)}</ErrorState>;
  if (isPending) return <Skeleton className="h-40" />;
  const suspend = tenant.state === 'active';
  const change = async (reason: string) => {
    const call = suspend ? client.tenants.suspend : client.tenants.reinstate;
    const result = await guard(() => call.mutate({ id, reason })).catch(failure =>
      Promise.reject(new Error(messageOf(failure))),
    );
    await queries.invalidateQueries({ queryKey: trpc.tenants.pathKey() });
    if (announceWaiting(result)) return;
    const back = suspend ? client.tenants.reinstate : client.tenants.suspend;
    const undo = () =>
      guard(() => back.mutate({ id, reason: `Undone: ${reason}`.slice(0, 500) }))
        .then(() => queries.invalidateQueries({ queryKey: trpc.tenants.pathKey() }))
        .catch(failure => toast.error(messageOf(failure)));
    toast.success(suspend ? `${tenant.name} is suspended` : `${tenant.name} is active again`, {
      duration: 10_000,
      action: { label: 'Undo', onClick: () => void undo() },
    });
  };
  return (
    <>
      <StatusHeader
        title={tenant.name}
        badges={
          <>
            <TenantState state={tenant.state} />
            {tenant.simulated ? <SimulatedBadge /> : null}
          </>
        }
        desired={`${tenant.state}, at home in ${tenant.homeRegion}`}
        observed={`${tenant.state}; where its copies lie stands under Mirrors`}
        synced={<Time at={tenant.updatedAt} />}
        actions={
          <>
            <Button why={why} onClick={() => setEditing(true)}>
              Edit
            </Button>
            <Button why={whyMove} onClick={() => setMoving('')}>
              Move
            </Button>
            <Button kind={suspend ? 'danger' : 'plain'} why={why} onClick={() => setChanging(true)}>
              {suspend ? 'Suspend' : 'Reinstate'}
            </Button>
          </>
        }
      />
      <WaitingFor subject={`tenant:${tenant.id}`} />
      <TenantMisplaced id={tenant.id} />
      <Tabs
        label="Tenant"
        value={tab}
        onChange={next => void setTab(next)}
        tabs={[
          {
            id: 'overview',
            label: 'Overview',
            content: (
              <div className="grid gap-4">
                <Card className="p-4">
                  <TenantProperties tenant={tenant} />
                </Card>
                <TenantStanding tenant={tenant} />
              </div>
            ),
          },
          {
            id: 'moves',
            label: 'Moves',
            content: <TenantMoves id={tenant.id} home={tenant.homeRegion} why={whyMove} onBack={setMoving} />,
          },
          {
            id: 'timeline',
            label: 'Timeline',
            content: (
              <Card>
                <TargetTimeline target={`tenant:${tenant.id}`} />
              </Card>
            ),
          },
          { id: 'json', label: 'JSON', content: <JsonView value={tenant} /> },
        ]}
      />
      <MoveDialog
        tenant={tenant}
        to={moving ?? ''}
        open={moving !== null}
        onOpenChange={open => !open && setMoving(null)}
      />
      <TenantForm open={editing} onOpenChange={setEditing} tenant={tenant} onDone={() => {}} />
      <DangerDialog
        open={changing}
        onOpenChange={setChanging}
        title={suspend ? `Suspend ${tenant.name}` : `Reinstate ${tenant.name}`}
        blast={
          suspend
            ? 'One tenant: its tokens stop working at once. Its data stays where it is.'
            : 'One tenant: its tokens work again at once.'
        }
        change={
          <DiffView before={{ state: tenant.state }} after={{ state: suspend ? 'suspended' : 'active' }} />
        }
        typeName={tenant.id}
        action={suspend ? 'Suspend tenant' : 'Reinstate tenant'}
        onConfirm={change}
      />
    </>
  );
}
