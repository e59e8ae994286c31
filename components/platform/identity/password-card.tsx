'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import { useTRPC } from '../live/trpc.ts';
import { useStepUpMutation } from '../mfa/use-step-up-mutation.ts';
import { fieldMessage, formMessage } from './form-errors.ts';

const empty = { currentPassword: '', newPassword: '', again: '' };

export function PasswordCard({ mustChange }: { mustChange: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [values, setValues] = useState(empty);
  const [differ, setDiffer] = useState(false);
  const change = useStepUpMutation(trpc.identity.changePassword.mutationOptions());

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { currentPassword, newPassword, again } = values;
    setDiffer(newPassword !== again);
    if (newPassword !== again) return;
    change.mutate(
      { currentPassword, newPassword },
      {
        onSuccess: async () => {
          setValues(empty);
          toast.success('Password changed. Your other sessions have ended.');
          // Everything else was closed until now: what the pages know has to be asked again.
          if (mustChange) window.location.assign('/');
          else await queries.invalidateQueries(trpc.identity.me.queryFilter());
        },
      },
    );
  };
  const field = (name: keyof typeof empty, label: string, hint?: string, error?: string) => (
    <Field label={label} hint={hint} error={error ?? fieldMessage(change.error, name)}>
      {props => (
        <Input
          {...props}
          type="password"
          name={name}
          value={values[name]}
          onChange={event => setValues(current => ({ ...current, [name]: event.target.value }))}
          autoComplete={name === 'currentPassword' ? 'current-password' : 'new-password'}
          minLength={name === 'currentPassword' ? 1 : 12}
          maxLength={200}
          required
        />
      )}
    </Field>
  );

  return (
    <Card title="Password">
      <form className="grid max-w-md gap-4 p-3.5" onSubmit={submit}>
        {mustChange ? (
          <p className="rounded-md bg-watch-soft px-2.5 py-1.5 text-watch">
            This password was given to you. Choose your own to go on.
          </p>
        ) : null}
        {field('currentPassword', 'Current password')}
        {field('newPassword', 'New password', 'At least 12 characters; length is what counts.')}
        {field('again', 'New password again', undefined, differ ? 'The two differ.' : undefined)}
        <p role="alert" className={change.error ? 'text-bad' : 'sr-only'}>
          {formMessage(change.error, ['currentPassword', 'newPassword'])}
        </p>
        <div>
          <Button type="submit" kind="primary" busy={change.isPending}>
            Change password
          </Button>
        </div>
      </form>
    </Card>
  );
}
