'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useEffect, useRef, useState } from 'react';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { ProveFactor } from '#components/platform/mfa/prove-factor.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Textarea } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import type { ApprovalRow, Decision } from '#server/governance/approvals/schema.ts';

const words: Record<Decision, { title: string; action: string; done: string; description: string }> = {
  approve: {
    title: 'Approve',
    action: 'Approve',
    done: 'Your approval is counted',
    description: 'Your second factor signs exactly this request, once.',
  },
  deny: {
    title: 'Deny',
    action: 'Deny',
    done: 'Denied',
    description: 'A denial is final: it has to be asked for again.',
  },
  break_glass: {
    title: 'Break the glass',
    action: 'Run it now',
    done: 'The glass is broken: a review is owed',
    description:
      'It runs without the others. Everybody is told, and somebody else has to review it before you can do so again.',
  },
};

interface Props {
  approval: Pick<ApprovalRow, 'id' | 'title' | 'state'>;
  decision: Decision | null;
  onClose: () => void;
}

export function DecideDialog({ approval, decision, onClose }: Props) {
  return (
    <Dialog
      open={decision !== null}
      onOpenChange={open => !open && onClose()}
      title={decision ? `${words[decision].title}: ${approval.title}` : ''}
      description={decision ? words[decision].description : ''}
    >
      {decision ? <Decide key={decision} approval={approval} decision={decision} onClose={onClose} /> : null}
    </Dialog>
  );
}

function Decide({ approval, decision, onClose }: Props & { decision: Decision }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const { mutate, data: asked, error } = useMutation(trpc.approvals.prepare.mutationOptions());
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    mutate({ id: approval.id, decision });
  }, [mutate, approval.id, decision]);
  const needsReason = decision !== 'approve';
  if (approval.state !== 'pending' && asked)
    return (
      <p role="alert">
        This request was settled meanwhile, in another window or by somebody else. Your answer was not sent.
      </p>
    );
  if (error)
    return (
      <p role="alert" className="text-bad">
        {messageOf(error)}
      </p>
    );
  if (!asked) return <Skeleton className="h-24" />;
  return (
    <div className="grid gap-4">
      {needsReason ? (
        <Field label="Reason" hint="In a few words; it is kept with the decision.">
          {props => (
            <Textarea
              {...props}
              value={reason}
              onChange={event => setReason(event.target.value)}
              maxLength={500}
              autoFocus
            />
          )}
        </Field>
      ) : null}
      {needsReason && reason.trim().length < 3 ? (
        <p className="text-ink-2">Say why first; then your second factor is asked for.</p>
      ) : (
        <ProveFactor
          options={asked}
          enough={asked.methods}
          action={words[decision].action}
          onProof={async proof => {
            const why = reason.trim();
            const { challengeId } = asked;
            const { approval: now } = await client.approvals.decide.mutate({
              challengeId,
              proof,
              ...(why ? { reason: why } : {}),
            });
            queries.setQueryData(trpc.approvals.get.queryKey({ id: approval.id }), now);
            await queries.invalidateQueries(trpc.approvals.pathFilter());
            toast.success(words[decision].done);
            onClose();
          }}
        />
      )}
      {asked.methods.length === 0 ? (
        <Link href="/settings/security" className="link">
          Settings, Security
        </Link>
      ) : null}
    </div>
  );
}
