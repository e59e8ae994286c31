'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { announceWaiting } from '#components/governance/approvals/waiting.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input, Select } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import type { TenantDetail } from '#server/federation/tenants/schema.ts';
import { MovePlanView } from './move-plan.tsx';

interface Props {
  tenant: TenantDetail;
  /** The way back names its target already. */
  to: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Where to, what that would do, then dry or for real. */
export function MoveDialog({ tenant, to, open, onOpenChange }: Props) {
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={onOpenChange}
      title={`Move ${tenant.name}`}
      description={`At home in ${tenant.homeRegion}. ${
        tenant.environment === 'production'
          ? 'An approver decides; it runs by itself once somebody agreed.'
          : 'This is written to the ledger with your name.'
      }`}
    >
      {open ? <Form key={to} tenant={tenant} first={to} onDone={() => onOpenChange(false)} /> : null}
    </Dialog>
  );
}

function Form({ tenant, first, onDone }: { tenant: TenantDetail; first: string; onDone: () => void }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const guard = useStepUp();
  const [to, setTo] = useState(first);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState<'dry' | 'real' | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const { data: regions } = useQuery(trpc.regions.list.queryOptions({ limit: 500 }));
  const { data: plan, error } = useQuery({
    ...trpc.edgeRouting.movePlan.queryOptions({ tenant: tenant.id, to }),
    enabled: to !== '',
    refetchInterval: 5000,
  });
  const run = async (dryRun: boolean) => {
    setBusy(dryRun ? 'dry' : 'real');
    setFailure(null);
    try {
      const made = await guard(() =>
        client.edgeRouting.move.mutate({ tenant: tenant.id, to, reason: reason.trim(), dryRun }),
      );
      await queries.invalidateQueries({ queryKey: trpc.edgeRouting.pathKey() });
      await queries.invalidateQueries({ queryKey: trpc.tenants.pathKey() });
      if (!announceWaiting(made))
        toast.success(
          dryRun ? 'The dry run is under Moves. Nothing was changed.' : `${tenant.name} moves to ${to}`,
        );
      onDone();
    } catch (failed) {
      setFailure(messageOf(failed));
    } finally {
      setBusy(null);
    }
  };
  const missing =
    to === '' ? 'Choose a region first.' : reason.trim().length < 3 ? 'Give a reason first.' : null;
  return (
    <div className="grid gap-4">
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Field label="To">
          {props => (
            <Select {...props} value={to} onChange={e => setTo(e.target.value)}>
              <option value="">Choose a region</option>
              {regions?.rows
                .filter(r => r.id !== tenant.homeRegion)
                .map(r => (
                  <option key={r.id} value={r.id}>
                    {r.id} {r.country ? `(${r.country})` : ''}
                  </option>
                ))}
            </Select>
          )}
        </Field>
        <Field label="Reason">
          {props => <Input {...props} value={reason} onChange={e => setReason(e.target.value)} />}
        </Field>
      </div>
      {error ? <p className="text-bad">{messageOf(error)}</p> : null}
      {to !== '' && !plan && !error ? <Skeleton className="h-40" /> : null}
      {plan ? <MovePlanView plan={plan} /> : null}
      {failure ? (
        <p role="alert" className="text-bad">
          {failure}
        </p>
      ) : null}
      <div className="flex flex-wrap justify-end gap-2">
        <Button why={missing} busy={busy === 'dry'} onClick={() => void run(true)}>
          Run dry
        </Button>
        <Button
          kind="primary"
          why={missing ?? (plan?.possible ? null : 'The plan names what keeps it.')}
          busy={busy === 'real'}
          onClick={() => void run(false)}
        >
          {tenant.environment === 'production' ? 'Ask for the move' : 'Move'}
        </Button>
      </div>
    </div>
  );
}
