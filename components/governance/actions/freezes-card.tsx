'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '#components/console/confirm-dialog.tsx';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input, Select, Textarea } from '#components/ui/input.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { FreezeRow } from '#server/governance/actions/schema.ts';

const whose = (tenantId: string): string => (tenantId === '*' ? 'everybody' : tenantId);

export function FreezesCard({ freezes, tenants }: { freezes: FreezeRow[]; tenants: string[] }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const mayPlan = useWhyNot('action:stop');
  const mayEnd = useWhyNot('action:guard');
  const [planning, setPlanning] = useState(false);
  const [ending, setEnding] = useState<FreezeRow | null>(null);
  return (
    <Card
      title="Freeze windows"
      end={
        <Button size="sm" why={mayPlan} onClick={() => setPlanning(true)}>
          Freeze changes
        </Button>
      }
    >
      {freezes.length === 0 ? (
        <p className="px-3.5 py-4 text-ink-2">No freeze is planned: executions may run at any time.</p>
      ) : (
        <ul className="divide-y">
          {freezes.map(freeze => (
            <li key={freeze.id} className="flex flex-wrap items-center gap-3 px-3.5 py-2">
              <Pill tone={freeze.active ? 'watch' : 'idle'}>{freeze.active ? 'frozen' : 'planned'}</Pill>
              <span className="font-medium">{whose(freeze.tenantId)}</span>
              <span className="min-w-0 text-ink-2">{freeze.reason}</span>
              <span className="ml-auto text-ink-3 text-sm">
                <Time at={freeze.startsAt} /> to <Time at={freeze.endsAt} />, by {freeze.createdBy}
              </span>
              <Button size="sm" why={mayEnd} onClick={() => setEnding(freeze)}>
                End
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Dialog
        open={planning}
        onOpenChange={setPlanning}
        title="Freeze changes"
        description="Nothing begins to change within it; dry runs go on."
      >
        {planning ? <FreezeForm tenants={tenants} onClose={() => setPlanning(false)} /> : null}
      </Dialog>
      <ConfirmDialog
        open={ending !== null}
        onOpenChange={open => (open ? null : setEnding(null))}
        title="End this freeze"
        action="End it"
        onConfirm={async () => {
          if (!ending) return;
          await client.actions.endFreeze
            .mutate({ id: ending.id, reason: 'Ended by hand' })
            .catch(failure => Promise.reject(new Error(messageOf(failure))));
          await queries.invalidateQueries({ queryKey: trpc.actions.pathKey() });
        }}
      >
        Executions of {whose(ending?.tenantId ?? '*')} may begin again.
      </ConfirmDialog>
    </Card>
  );
}

function FreezeForm({ tenants, onClose }: { tenants: string[]; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const [tenant, setTenant] = useState('*');
  const [from, setFrom] = useState('');
  const [hours, setHours] = useState('2');
  const [reason, setReason] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const missing = !(Number(hours) > 0)
    ? 'Say for how many hours.'
    : reason.trim().length < 3
      ? 'Give a reason first.'
      : null;
  const save = async () => {
    setBusy(true);
    setError(null);
    const start = from === '' ? new Date() : new Date(`${from}Z`);
    try {
      await client.actions.freeze.mutate({
        tenant_id: tenant,
        starts_at: start.toISOString(),
        ends_at: new Date(start.getTime() + Number(hours) * 3_600_000).toISOString(),
        reason: reason.trim(),
      });
      await queries.invalidateQueries({ queryKey: trpc.actions.pathKey() });
      onClose();
    } catch (failure) {
      setError(messageOf(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="grid gap-4"
      onSubmit={event => {
        event.preventDefault();
        if (!missing && !busy) void save();
      }}
    >
      <Field label="Whose changes">
        {props => (
          <Select {...props} value={tenant} onChange={event => setTenant(event.target.value)}>
            {tenants.map(id => (
              <option key={id} value={id}>
                {whose(id)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="From (UTC)" hint="Empty: from now on.">
          {props => (
            <Input
              {...props}
              type="datetime-local"
              value={from}
              onChange={event => setFrom(event.target.value)}
            />
          )}
        </Field>
        <Field label="Hours">
          {props => (
            <Input
              {...props}
              inputMode="decimal"
              value={hours}
              onChange={event => setHours(event.target.value)}
            />
          )}
        </Field>
      </div>
      <Field label="Reason" error={error ?? undefined}>
        {props => (
          <Textarea
            {...props}
            value={reason}
            maxLength={500}
            onChange={event => setReason(event.target.value)}
          />
        )}
      </Field>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" busy={busy} why={missing}>
          Freeze
        </Button>
      </div>
    </form>
  );
}
