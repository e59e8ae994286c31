'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { DiffView } from '#components/console/diff-view.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { announceWaiting, WaitingFor } from '#components/governance/approvals/waiting.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import type { MemberRow } from '#server/federation/trust/schema.ts';

type Order = 'admit' | 'suspend' | 'resume' | 'revoke';
const said: Record<Order, { label: string; to: MemberRow['state']; blast: string }> = {
  admit: {
    label: 'Admit',
    to: 'active',
    blast: 'Two approvers decide. From then on its signed messages count here.',
  },
  suspend: { label: 'Suspend', to: 'suspended', blast: 'Its messages count no more until it is resumed.' },
  resume: { label: 'Resume', to: 'active', blast: 'Its messages count again.' },
  revoke: {
    label: 'Revoke',
    to: 'revoked',
    blast: 'For good: relays, regions and all members are told at once. Its name is never used again.',
  },
};
/** Whoever was suspended while it waited goes back to waiting. */
const saidOf = (order: Order, { admittedAt }: MemberRow) =>
  order === 'resume' && admittedAt === null
    ? { ...said.resume, to: 'pending' as const, blast: 'It was never admitted: it waits for two approvers.' }
    : said[order];
const offered: Record<MemberRow['state'], Order[]> = {
  pending: ['admit', 'revoke'],
  active: ['suspend', 'revoke'],
  suspended: ['resume', 'revoke'],
  revoked: [],
};
const stateTones: Record<MemberRow['state'], Tone> = {
  pending: 'watch',
  active: 'ok',
  suspended: 'watch',
  revoked: 'idle',
};
const freshTones: Record<MemberRow['freshness'], Tone> = { fresh: 'ok', stale: 'watch', expired: 'bad' };

export function MembersCard({ members }: { members: MemberRow[] }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const guard = useStepUp();
  const why = useWhyNot('trust:admit');
  const [asked, setAsked] = useState<{ order: Order; member: MemberRow } | null>(null);
  const act = async (reason: string) => {
    if (!asked) return;
    const call = client.trust[asked.order];
    const result = await guard(() => call.mutate({ id: asked.member.id, reason })).catch(failure =>
      Promise.reject(new Error(messageOf(failure))),
    );
    await queries.invalidateQueries({ queryKey: trpc.trust.pathKey() });
    if (!announceWaiting(result))
      toast.success(`${asked.member.id} is ${saidOf(asked.order, asked.member).to}`);
  };
  if (members.length === 0)
    return (
      <EmptyState title="The federation has no other member">
        Invite an installation below and give its operators the token, or accept an invitation that you were
        given.
      </EmptyState>
    );
  return (
    <section id="members" className="grid gap-2">
      <h2 className="font-semibold text-lg">Members</h2>
      <Card className="divide-y">
        {members.map(member => (
          <article key={member.id} className="grid gap-2 p-3.5">
            <div className="flex flex-wrap items-center gap-2">
              <span className="font-medium">{member.id}</span>
              <Pill tone={stateTones[member.state]}>{member.state}</Pill>
              {member.state === 'revoked' ? null : (
                <Pill tone={freshTones[member.freshness]}>{`bundle ${member.freshness}`}</Pill>
              )}
              {member.simulated ? <SimulatedBadge /> : null}
              <span className="ml-auto flex flex-wrap gap-2">
                {offered[member.state].map(order => (
                  <Button
                    key={order}
                    kind={order === 'revoke' ? 'danger' : 'plain'}
                    why={why}
                    onClick={() => setAsked({ order, member })}
                  >
                    {said[order].label}
                  </Button>
                ))}
              </span>
            </div>
            <WaitingFor subject={`federation_member:${member.id}`} />
            <p className="text-ink-2 text-sm [overflow-wrap:anywhere]">
              {member.endpoint} · bundle {member.bundleSequence},{' '}
              {member.keys.map(key => key.algorithm).join(', ')}
              {member.ignoredKeys > 0 ? `, ${member.ignoredKeys} of unknown kinds left out` : ''} · last good{' '}
              <Time at={member.bundleAt} />
              {member.state === 'revoked' ? null : (
                <>
                  {' '}
                  · expires <Countdown to={member.expiresAt} />
                </>
              )}
            </p>
            {member.lastError ? (
              <p className="text-sm text-watch">
                The last refresh failed ({member.failures} in a row): {member.lastError} The bundle above is
                kept.
              </p>
            ) : null}
            {member.reason ? <p className="text-ink-3 text-sm">{member.reason}</p> : null}
          </article>
        ))}
      </Card>
      <DangerDialog
        open={asked !== null}
        onOpenChange={open => !open && setAsked(null)}
        title={asked ? `${said[asked.order].label} ${asked.member.id}` : ''}
        blast={asked ? `One installation. ${saidOf(asked.order, asked.member).blast}` : ''}
        change={
          asked ? (
            <DiffView
              before={{ state: asked.member.state }}
              after={{ state: saidOf(asked.order, asked.member).to }}
            />
          ) : undefined
        }
        typeName={asked?.member.id ?? ''}
        action={asked ? `${said[asked.order].label} member` : ''}
        onConfirm={act}
      />
    </section>
  );
}

function Countdown({ to }: { to: string }) {
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = now === null ? null : Math.floor((Date.parse(to) - now) / 1000);
  if (left === null) return <Time at={to} />;
  if (left <= 0) return <span className="text-bad">by now</span>;
  const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  return (
    <time dateTime={to} className="tabular-nums">
      in {hours > 0 ? `${hours} h ` : ''}
      {minutes} min {hours > 0 ? '' : `${seconds} s`}
    </time>
  );
}
