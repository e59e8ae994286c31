'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { DiffView } from '#components/console/diff-view.tsx';
import { announceWaiting } from '#components/governance/approvals/waiting.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { toast } from '#components/ui/toast.ts';
import type { RegionDetail } from '#server/federation/regions/schema.ts';

type Order = 'readmit' | 'quarantine' | 'retire';
const said: Record<Order, { label: string; to: string; blast: string; done: string }> = {
  readmit: {
    label: 'Readmit',
    to: 'active',
    blast: 'It takes traffic and data again. Look at what changed while it was away first.',
    done: 'is active again',
  },
  quarantine: {
    label: 'Quarantine',
    to: 'quarantined',
    blast: 'Nothing is routed or replicated to it until somebody readmits it. Nothing is deleted.',
    done: 'is quarantined',
  },
  retire: {
    label: 'Retire',
    to: 'retired',
    blast: 'For good: its heartbeats are refused from then on. Its keys and its history stay.',
    done: 'is retired',
  },
};

const offered = (state: RegionDetail['state']): Order[] => {
  if (state === 'retired') return [];
  if (state === 'quarantined') return ['readmit', 'retire'];
  return state === 'pending' ? ['retire'] : ['quarantine', 'retire'];
};

export function RegionOrders({ region }: { region: RegionDetail }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const guard = useStepUp();
  const why = useWhyNot('region:operate');
  const [order, setOrder] = useState<Order | null>(null);
  const act = async (reason: string) => {
    if (!order) return;
    const call = client.regions[order];
    const result = await guard(() => call.mutate({ name: region.id, reason })).catch(failure =>
      Promise.reject(new Error(messageOf(failure))),
    );
    await queries.invalidateQueries({ queryKey: trpc.regions.pathKey() });
    if (!announceWaiting(result)) toast.success(`${region.id} ${said[order].done}`);
  };
  return (
    <>
      {offered(region.state).map(each => (
        <Button
          key={each}
          kind={each === 'readmit' ? 'plain' : 'danger'}
          why={why}
          onClick={() => setOrder(each)}
        >
          {said[each].label}
        </Button>
      ))}
      <DangerDialog
        open={order !== null}
        onOpenChange={open => !open && setOrder(null)}
        title={order ? `${said[order].label} ${region.id}` : ''}
        blast={order ? said[order].blast : ''}
        change={
          order ? <DiffView before={{ state: region.state }} after={{ state: said[order].to }} /> : undefined
        }
        typeName={region.id}
        action={order ? `${said[order].label} region` : ''}
        onConfirm={act}
      />
    </>
  );
}
