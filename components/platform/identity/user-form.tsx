'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { announceWaiting } from '#components/governance/approvals/waiting.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import type { UserRole, UserRow } from '#server/platform/identity/schema.ts';
import { useTRPC } from '../live/trpc.ts';
import { useStepUpMutation } from '../mfa/use-step-up-mutation.ts';
import { fieldMessage, formMessage } from './form-errors.ts';
import { RolePicker } from './role-picker.tsx';

const fields = ['name', 'displayName', 'email', 'roles'];

interface Props {
  /** Absent = a new user. */
  user?: UserRow;
  open: boolean;
  onClose: () => void;
  onCreated?: (user: UserRow, password: string) => void;
}

export function UserForm({ user, open, onClose, onCreated }: Props) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const initial = {
    name: user?.name ?? '',
    displayName: user?.displayName ?? '',
    email: '',
    roles: (user?.roles ?? ['operator']) as UserRole[],
  };
  const [values, setValues] = useState(initial);
  const set = (change: Partial<typeof values>) => setValues(current => ({ ...current, ...change }));
  const create = useStepUpMutation(trpc.identity.create.mutationOptions());
  const update = useStepUpMutation(trpc.identity.update.mutationOptions());
  const active = user ? update : create;

  const close = () => {
    create.reset();
    update.reset();
    setValues(initial);
    onClose();
  };
  const done = async (result: unknown) => {
    announceWaiting(result);
    await queries.invalidateQueries(trpc.identity.pathFilter());
    close();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { name, displayName, email, roles } = values;
    const address = email ? { email } : {};
    if (user)
      update.mutate(
        { id: user.id, version: user.version, displayName, roles, ...address },
        { onSuccess: done },
      );
    else
      create.mutate(
        { name, displayName, roles, ...address },
        {
          onSuccess: async made => {
            await done(made);
            if ('user' in made) onCreated?.(made.user, made.password);
          },
        },
      );
  };
  const text = (field: 'name' | 'displayName' | 'email', label: string, hint?: string) => (
    <Field label={label} hint={hint} error={fieldMessage(active.error, field)}>
      {props => (
        <Input
          {...props}
          name={field}
          type={field === 'email' ? 'email' : 'text'}
          value={values[field]}
          onChange={event => set({ [field]: event.target.value })}
          required={field !== 'email'}
          maxLength={field === 'name' ? 60 : 120}
          autoComplete="off"
        />
      )}
    </Field>
  );

  return (
    <Dialog
      open={open}
      onOpenChange={wanted => !wanted && close()}
      title={user ? `Edit ${user.name}` : 'New user'}
      description={
        user ? 'A change of roles ends the sessions of this user.' : 'A password is generated and shown once.'
      }
    >
      <form className="grid gap-4" onSubmit={submit}>
        {user ? null : text('name', 'Name', 'For signing in: a–z, 0–9, dot, hyphen and underscore.')}
        {text('displayName', 'Display name')}
        {text('email', 'Email', user ? 'Left empty, it stays as it is.' : 'Optional: where messages go.')}
        <RolePicker
          value={values.roles}
          onChange={roles => set({ roles })}
          error={fieldMessage(active.error, 'roles')}
        />
        <p role="alert" className={active.error ? 'text-bad' : 'sr-only'}>
          {formMessage(active.error, fields)}
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" kind="primary" busy={active.isPending}>
            {user ? 'Save' : 'Create'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
