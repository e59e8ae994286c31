'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ShownOnce } from '#components/console/shown-once.tsx';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';

interface Invite {
  id: string;
  trustDomain: string;
  expiresAt: string;
  state: 'open' | 'used' | 'expired';
}

export function InvitesCard({ invites }: { invites: Invite[] }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const guard = useStepUp();
  const why = useWhyNot('trust:invite');
  const [domain, setDomain] = useState('');
  const [endpoint, setEndpoint] = useState('');
  const [token, setToken] = useState('');
  const [made, setMade] = useState<string | null>(null);
  const [error, setError] = useState<{ of: 'invite' | 'accept'; text: string } | null>(null);
  const run = async (of: 'invite' | 'accept', work: () => Promise<unknown>) => {
    setError(null);
    try {
      await guard(work);
      await queries.invalidateQueries({ queryKey: trpc.trust.pathKey() });
    } catch (failure) {
      setError({ of, text: messageOf(failure) });
    }
  };
  const errorOf = (of: 'invite' | 'accept') => (error?.of === of ? error.text : undefined);
  return (
    <section className="grid gap-2">
      <h2 className="font-semibold text-lg">Invitations</h2>
      <div className="grid gap-4 lg:grid-cols-2">
        <Card className="p-4">
          <form
            className="grid gap-3"
            onSubmit={event => {
              event.preventDefault();
              void run('invite', async () => {
                const answer = await client.trust.invite.mutate({ trustDomain: domain.trim() });
                setMade(answer.token);
                setDomain('');
              });
            }}
          >
            <h3 className="font-medium">Invite an installation</h3>
            <Field label="Its trust domain" hint="For example console.example.org" error={errorOf('invite')}>
              {props => <Input {...props} value={domain} onChange={event => setDomain(event.target.value)} />}
            </Field>
            <div>
              <Button
                type="submit"
                kind="primary"
                why={why ?? (domain.trim() ? undefined : 'Name a trust domain first.')}
              >
                Make an invitation
              </Button>
            </div>
          </form>
        </Card>
        <Card className="p-4">
          <form
            className="grid gap-3"
            onSubmit={event => {
              event.preventDefault();
              void run('accept', async () => {
                const answer = await client.trust.accept.mutate({
                  endpoint: endpoint.trim(),
                  token: token.trim(),
                });
                setEndpoint('');
                setToken('');
                toast.success(`Joined ${answer.id}; both sides now wait for two people`);
              });
            }}
          >
            <h3 className="font-medium">Accept an invitation</h3>
            <Field
              label="Their address"
              hint="The port of their federation policy manager"
              error={errorOf('accept')}
            >
              {props => (
                <Input {...props} value={endpoint} onChange={event => setEndpoint(event.target.value)} />
              )}
            </Field>
            <Field label="The token they gave you">
              {props => (
                <Input
                  {...props}
                  type="password"
                  autoComplete="off"
                  value={token}
                  onChange={event => setToken(event.target.value)}
                />
              )}
            </Field>
            <div>
              <Button
                type="submit"
                kind="primary"
                why={why ?? (endpoint.trim() && token.trim() ? undefined : 'Give address and token first.')}
              >
                Join
              </Button>
            </div>
          </form>
        </Card>
      </div>
      {invites.length > 0 ? (
        <Card className="divide-y">
          {invites.map(invite => (
            <div key={invite.id} className="flex flex-wrap items-center gap-3 px-3.5 py-2.5">
              <span>{invite.trustDomain}</span>
              <Pill tone={invite.state === 'open' ? 'watch' : 'idle'}>{invite.state}</Pill>
              <span className="ml-auto text-ink-2 text-sm">
                until <Time at={invite.expiresAt} />
              </span>
            </div>
          ))}
        </Card>
      ) : null}
      <ShownOnce
        title="The invitation"
        about="Give it to the operators of the installation over a channel you trust. It works once and is not shown again."
        secret={made}
        onDone={() => setMade(null)}
      />
    </section>
  );
}
