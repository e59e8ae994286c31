'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useScope } from '#components/platform/frame/scope.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Checkbox, Field, Input, Select, Textarea } from '#components/ui/input.tsx';
import type { ExecuteInput } from '#server/governance/actions/schema.ts';

const actions = [
  ['dryrun', 'Look only'],
  ['scale', 'Scale'],
  ['restart', 'Restart'],
  ['rollback', 'Roll back to another release'],
  ['failover', 'Fail over to another region'],
  ['policy-rollback', 'Publish what a policy said before'],
] as const;
type Action = (typeof actions)[number][0];
const valueLabels: Partial<Record<Action, string>> = {
  scale: 'Replicas',
  rollback: 'Release',
  failover: 'Region',
  'policy-rollback': 'Version',
};

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onAsked: (id: string) => void;
}

export function ExecutionForm({ open, onOpenChange, onAsked }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Act on something"
      description="It is weighed, previewed and bound to what was seen. What is risky waits for somebody else."
    >
      {open ? <Form onDone={() => onOpenChange(false)} onAsked={onAsked} /> : null}
    </Dialog>
  );
}

function Form({ onDone, onAsked }: { onDone: () => void; onAsked: (id: string) => void }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const { scope } = useScope();
  const [tenant, setTenant] = useState(scope.tenant ?? '');
  const [action, setAction] = useState<Action>('scale');
  const [target, setTarget] = useState('');
  const [value, setValue] = useState('');
  const [dryRun, setDryRun] = useState(true);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const { data: tenants } = useQuery(trpc.tenants.list.queryOptions({ limit: 200 }));
  const { data: targets } = useQuery({
    ...trpc.actions.targets.queryOptions({ tenant_id: tenant || '-' }),
    enabled: tenant !== '',
  });
  const valueLabel = valueLabels[action];
  const offered = targets?.rows.filter(
    row => action === 'dryrun' || (row.kind === 'policy') === (action === 'policy-rollback'),
  );
  const chosen = offered?.find(row => row.target === target);
  const missing =
    tenant === ''
      ? 'Choose a tenant first.'
      : target === ''
        ? 'Choose what to act on.'
        : action === 'scale' && !/^\d{1,4}$/.test(value)
          ? 'Say how many replicas.'
          : action === 'failover' && value === ''
            ? 'Say to which region.'
            : action === 'policy-rollback' && !/^\d{0,9}$/.test(value)
              ? 'Versions of policies are numbers.'
              : null;
  const submit = async () => {
    setBusy(true);
    setError(null);
    const input: ExecuteInput = {
      action,
      tenant_id: tenant,
      target,
      dry_run: dryRun,
      ...(action === 'scale' ? { replicas: Number(value) } : {}),
      ...(action === 'rollback' && value ? { to_version: value } : {}),
      ...(action === 'policy-rollback' && value ? { to_version: Number(value) } : {}),
      ...(action === 'failover' ? { to_region: value } : {}),
      ...(reason.trim().length >= 3 ? { reason: reason.trim() } : {}),
    };
    try {
      const made = await client.actions.execute.mutate(input);
      await queries.invalidateQueries({ queryKey: trpc.actions.pathKey() });
      onDone();
      onAsked(made.exec_id);
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
        if (!missing && !busy) void submit();
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Tenant">
          {props => (
            <Select
              {...props}
              value={tenant}
              onChange={event => {
                setTenant(event.target.value);
                setTarget('');
              }}
            >
              <option value="">Choose …</option>
              {tenants?.rows.map(row => (
                <option key={row.id} value={row.id}>
                  {row.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Action">
          {props => (
            <Select
              {...props}
              value={action}
              onChange={event => {
                setAction(event.target.value as Action);
                setTarget('');
                setValue('');
              }}
            >
              {actions.map(([name, label]) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Target" hint={chosen ? stateWords(chosen.state) : 'The busiest comes first.'}>
          {props => (
            <Select {...props} value={target} onChange={event => setTarget(event.target.value)}>
              <option value="">{tenant ? 'Choose …' : 'Choose a tenant first'}</option>
              {offered?.map(row => (
                <option key={`${row.driver}/${row.target}`} value={row.target}>
                  {row.target}
                  {row.simulated ? ' (simulated)' : ` (${row.driver})`}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {valueLabel ? (
          <Field
            label={valueLabel}
            hint={
              action === 'rollback' || action === 'policy-rollback' ? 'Empty: the one before.' : undefined
            }
          >
            {props => (
              <Input
                {...props}
                value={value}
                inputMode={action === 'scale' ? 'numeric' : 'text'}
                onChange={event => setValue(event.target.value)}
              />
            )}
          </Field>
        ) : null}
      </div>
      <Field label="Reason" hint="Whoever has to agree reads it.">
        {props => (
          <Textarea
            {...props}
            value={reason}
            maxLength={500}
            onChange={event => setReason(event.target.value)}
          />
        )}
      </Field>
      <Checkbox
        label="Dry run: preview it and change nothing"
        checked={dryRun}
        onChange={event => setDryRun(event.target.checked)}
      />
      <p role="alert" className={error ? 'text-bad' : 'sr-only'}>
        {error}
      </p>
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button kind={dryRun ? 'primary' : 'danger'} type="submit" busy={busy} why={missing}>
          {dryRun ? 'Preview' : 'Carry out'}
        </Button>
      </div>
    </form>
  );
}

const stateWords = (state: Record<string, unknown>): string =>
  Object.entries(state)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(' · ');
