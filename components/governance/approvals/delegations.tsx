'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { fieldErrors, messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { useStepUpMutation } from '#components/platform/mfa/use-step-up-mutation.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { Pill } from '#components/ui/pill.tsx';

/** Somebody else decides with one's own authority, until a stated moment. */
export function Delegations() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('approval:decide');
  const { data } = useQuery(trpc.approvals.delegations.queryOptions());
  const refresh = () => queries.invalidateQueries(trpc.approvals.pathFilter());
  const add = useStepUpMutation(trpc.approvals.delegate.mutationOptions({ onSuccess: refresh }));
  const end = useStepUpMutation(trpc.approvals.endDelegation.mutationOptions({ onSuccess: refresh }));
  const [to, setTo] = useState('');
  const [hours, setHours] = useState('24');
  const [reason, setReason] = useState('');
  const errors = fieldErrors(add.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const endsAt = new Date(Date.now() + Math.max(0, Number(hours) || 0) * 3_600_000).toISOString();
    const clear = () => {
      setTo('');
      setReason('');
    };
    add.mutate({ to, endsAt, reason }, { onSuccess: clear });
  };
  const text = (label: string, value: string, set: (text: string) => void, error?: string) => (
    <Field label={label} error={error}>
      {props => <Input {...props} value={value} onChange={event => set(event.target.value)} required />}
    </Field>
  );
  return (
    <div className="grid gap-4">
      <Card title="Let somebody decide for you">
        <form className="grid items-end gap-3 p-3.5 md:grid-cols-[1fr_7rem_2fr_auto]" onSubmit={submit}>
          {text('To (sign-in name)', to, setTo, errors.to)}
          {text('For hours', hours, setHours, errors.endsAt)}
          {text('Reason', reason, setReason, errors.reason)}
          <Button kind="primary" type="submit" why={why} busy={add.isPending}>
            Delegate
          </Button>
          {add.error ? (
            <p role="alert" className="text-bad md:col-span-4">
              {messageOf(add.error)}
            </p>
          ) : null}
        </form>
      </Card>
      <Card title="Delegations">
        {data ? null : <Skeleton className="m-3.5 h-20" />}
        {data?.rows.length === 0 ? (
          <p className="px-3.5 py-6 text-ink-2">Everybody decides for themselves.</p>
        ) : null}
        <ul className="mt-2 divide-y">
          {data?.rows.map(row => {
            const over = row.revokedAt !== null || Date.parse(row.endsAt) <= Date.now();
            return (
              <li key={row.id} className="flex flex-wrap items-center gap-2 px-3.5 py-2.5">
                <span className="min-w-0 flex-1">
                  <span className="font-medium">{row.to}</span> for {row.from}: {row.reason}
                  <span className="block text-ink-2 text-sm">
                    until <Time at={row.endsAt} />
                  </span>
                </span>
                <Pill tone={over ? 'idle' : 'ok'}>{row.revokedAt ? 'ended' : over ? 'over' : 'holds'}</Pill>
                {row.own && !over ? (
                  <Button size="sm" onClick={() => end.mutate({ id: row.id })}>
                    End
                  </Button>
                ) : null}
              </li>
            );
          })}
        </ul>
      </Card>
    </div>
  );
}
