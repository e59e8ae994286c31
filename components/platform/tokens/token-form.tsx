'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input, Select } from '#components/ui/input.tsx';
import type { CreateTokenInput } from '#server/platform/tokens/schema.ts';
import { fieldMessage, formMessage } from '../identity/form-errors.ts';
import { useTRPC } from '../live/trpc.ts';
import { useStepUpMutation } from '../mfa/use-step-up-mutation.ts';

type TokenRole = CreateTokenInput['roles'][number];

const may: Record<TokenRole, string> = {
  service: 'Service: registers, reports and acts as systems do',
  operator: 'Operator: sees everything and acts',
  auditor: 'Auditor: reads everything, changes nothing',
  approver: 'Approver',
  admin: 'Administrator, without what needs a second factor',
};
const lifetimes = [7, 30, 90, 180, 365];
const empty = { name: '', role: 'service' as TokenRole, permissions: '', tenantId: '', expiresInDays: 90 };
const fields = ['name', 'roles', 'permissions', 'tenantId', 'expiresInDays'];

interface Props {
  open: boolean;
  onClose: () => void;
  onCreated: (secret: string) => void;
}

export function TokenForm({ open, onClose, onCreated }: Props) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [values, setValues] = useState(empty);
  const set = (change: Partial<typeof empty>) => setValues(current => ({ ...current, ...change }));
  const create = useStepUpMutation(trpc.tokens.create.mutationOptions());

  const close = () => {
    create.reset();
    setValues(empty);
    onClose();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { name, role, permissions, tenantId, expiresInDays } = values;
    create.mutate(
      {
        name,
        roles: [role],
        permissions: permissions.split(/[\s,]+/).filter(Boolean),
        expiresInDays,
        ...(tenantId ? { tenantId } : {}),
      },
      {
        onSuccess: async made => {
          await queries.invalidateQueries(trpc.tokens.pathFilter());
          close();
          onCreated(made.secret);
        },
      },
    );
  };
  const text = (field: 'name' | 'permissions' | 'tenantId', label: string, hint: string) => (
    <Field label={label} hint={hint} error={fieldMessage(create.error, field)}>
      {props => (
        <Input
          {...props}
          name={field}
          value={values[field]}
          onChange={event => set({ [field]: event.target.value })}
          required={field === 'name'}
          autoComplete="off"
          spellCheck={false}
        />
      )}
    </Field>
  );

  return (
    <Dialog
      open={open}
      onOpenChange={wanted => !wanted && close()}
      title="New API token"
      description="Needs a second factor given within ten minutes."
    >
      <form className="grid gap-4" onSubmit={submit}>
        {text('name', 'Name', 'What will use it.')}
        <Field label="Role" error={fieldMessage(create.error, 'roles')}>
          {props => (
            <Select
              {...props}
              value={values.role}
              onChange={event => set({ role: event.target.value as TokenRole })}
            >
              {(Object.keys(may) as TokenRole[]).map(role => (
                <option key={role} value={role}>
                  {may[role]}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {text(
          'permissions',
          'Only these permissions',
          'For example tenant:read. Empty: all that the role gives.',
        )}
        {text('tenantId', 'Only this tenant', 'The slug. Empty: every tenant.')}
        <Field label="Expires after" error={fieldMessage(create.error, 'expiresInDays')}>
          {props => (
            <Select
              {...props}
              value={values.expiresInDays}
              onChange={event => set({ expiresInDays: Number(event.target.value) })}
            >
              {lifetimes.map(days => (
                <option key={days} value={days}>
                  {days} days
                </option>
              ))}
            </Select>
          )}
        </Field>
        <p role="alert" className={create.error ? 'text-bad' : 'sr-only'}>
          {formMessage(create.error, fields)}
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" kind="primary" busy={create.isPending}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
