'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearchParams } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import { fieldMessage, formMessage } from '../identity/form-errors.ts';
import { useMe } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { useStepUpMutation } from '../mfa/use-step-up-mutation.ts';
import { providerWords } from './sign-in-client.ts';

/** The way in through a provider; nothing where none is configured. */
export function ProviderCard() {
  const trpc = useTRPC();
  const me = useMe();
  const queries = useQueryClient();
  const said = useSearchParams();
  const [asking, setAsking] = useState(false);
  const [password, setPassword] = useState('');
  const connection = useQuery(trpc.sessions.provider.queryOptions());
  const connect = useStepUpMutation(
    trpc.sessions.connectProvider.mutationOptions({ onSuccess: ({ url }) => window.location.assign(url) }),
  );
  const disconnect = useStepUpMutation(
    trpc.sessions.disconnectProvider.mutationOptions({
      onSuccess: () => queries.invalidateQueries(trpc.sessions.pathFilter()),
      onError: error => void toast.error(messageOf(error)),
    }),
  );
  const { label, issuer, connectedAt, lastUsedAt } = connection.data ?? {};
  if (!label) return null;
  const error = said.get('error');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    connect.mutate({ currentPassword: password });
  };
  return (
    <Card title={`Sign-in with ${label}`}>
      <div className="grid gap-3 p-3.5">
        {error ? (
          <p role="alert" className="rounded-md bg-bad-soft px-2.5 py-1.5 text-bad">
            {providerWords(error)}
          </p>
        ) : null}
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <Pill tone={connectedAt ? 'ok' : 'idle'}>{connectedAt ? 'connected' : 'not connected'}</Pill>
          <span className="break-all font-mono text-ink-2 text-sm">{issuer}</span>
          {connectedAt ? (
            <span className="text-ink-3 text-sm">
              since <Time at={connectedAt} />
              {lastUsedAt ? (
                <>
                  , used <Time at={lastUsedAt} />
                </>
              ) : null}
            </span>
          ) : null}
          <span className="ml-auto">
            {connectedAt ? (
              <Button size="sm" kind="danger" busy={disconnect.isPending} onClick={() => disconnect.mutate()}>
                Disconnect
              </Button>
            ) : (
              <Button
                size="sm"
                busy={connect.isPending}
                onClick={() => (me.mfa.enrolled ? connect.mutate({}) : setAsking(true))}
              >
                Connect
              </Button>
            )}
          </span>
        </div>
      </div>
      <Dialog
        open={asking}
        onOpenChange={setAsking}
        title={`Connect ${label}`}
        description="Whoever signs in there as you will be signed in here as you."
      >
        <form className="grid gap-4" onSubmit={submit}>
          <Field label="Your password" error={fieldMessage(connect.error, 'currentPassword')}>
            {props => (
              <Input
                {...props}
                type="password"
                value={password}
                onChange={event => setPassword(event.target.value)}
                autoComplete="current-password"
                maxLength={200}
                required
                autoFocus
              />
            )}
          </Field>
          <p role="alert" className={connect.error ? 'text-bad' : 'sr-only'}>
            {formMessage(connect.error, ['currentPassword'])}
          </p>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsking(false)}>Cancel</Button>
            <Button kind="primary" type="submit" busy={connect.isPending}>
              Go to the provider
            </Button>
          </div>
        </form>
      </Dialog>
    </Card>
  );
}
