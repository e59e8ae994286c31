'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input, Textarea } from '#components/ui/input.tsx';
import type { GuardRow } from '#server/governance/actions/schema.ts';

const fields = [
  ['hourlyTargets', 'Different targets within an hour'],
  ['flapLimit', 'Changes of one target before the breaker opens'],
  ['flapMinutes', 'Within so many minutes'],
] as const;

export function LimitsDialog({
  guard,
  open,
  onClose,
}: {
  guard: GuardRow;
  open: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={next => (next ? null : onClose())}
      title="Limits of executions"
      description="A tenant's own limits can only be stricter than everybody's."
    >
      {open ? <Form guard={guard} onClose={onClose} /> : null}
    </Dialog>
  );
}

function Form({ guard, onClose }: { guard: GuardRow; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const guarded = useStepUp();
  const [values, setValues] = useState({
    hourlyTargets: String(guard.hourlyTargets),
    flapLimit: String(guard.flapLimit),
    flapMinutes: String(guard.flapMinutes),
  });
  const [reason, setReason] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const missing = reason.trim().length < 3 ? 'Give a reason first.' : null;
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await guarded(() =>
        client.actions.limit.mutate({
          tenant_id: guard.tenantId,
          version: guard.version,
          hourlyTargets: Number(values.hourlyTargets),
          flapLimit: Number(values.flapLimit),
          flapMinutes: Number(values.flapMinutes),
          reason: reason.trim(),
        }),
      );
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
      {fields.map(([name, label]) => (
        <Field key={name} label={label}>
          {props => (
            <Input
              {...props}
              inputMode="numeric"
              value={values[name]}
              onChange={event => setValues({ ...values, [name]: event.target.value })}
            />
          )}
        </Field>
      ))}
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
          Save
        </Button>
      </div>
    </form>
  );
}
