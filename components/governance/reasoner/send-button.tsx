'use client';

import { useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { ConfirmDialog } from '#components/console/confirm-dialog.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { toast } from '#components/ui/toast.ts';
import type { ProposalCard } from '#server/governance/reasoner/schema.ts';
import { approvalWords } from './words.ts';

/** Hands the plan over as it is; every guard of an execution still stands between it and the target. */
export function SendButton({ proposal }: { proposal: ProposalCard }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const may = useWhyNot('proposal:send');
  const [asking, setAsking] = useState<'dry' | 'real' | null>(null);
  if (proposal.dispatch)
    return (
      <Link href={`/governance/executions/${proposal.dispatch.execId}`} className="link">
        Execution {proposal.dispatch.execId}
      </Link>
    );
  const why = may ?? (proposal.requiredApprovals.denied ? 'A policy in force denies this action.' : null);
  const send = async () => {
    const dry = asking === 'dry';
    const made = await client.proposals.execute
      .mutate({ id: proposal.id, ...(dry ? { dryRun: true } : {}) })
      .catch(failure => Promise.reject(new Error(messageOf(failure))));
    await queries.invalidateQueries({ queryKey: trpc.proposals.pathKey() });
    toast.success(
      made.dryRun
        ? `${made.execId} tries it and changes nothing. Send it when that has ended well.`
        : made.state === 'waiting'
          ? `${made.execId} waits for approval`
          : `${made.execId} is on its way`,
    );
  };
  return (
    <>
      {proposal.tried ? (
        <Link href={`/governance/executions/${proposal.tried.execId}`} className="link">
          Dry run {proposal.tried.state}
        </Link>
      ) : null}
      <Button why={why} onClick={() => setAsking('dry')}>
        Dry run
      </Button>
      <Button kind="primary" why={why} onClick={() => setAsking('real')}>
        Send to execution
      </Button>
      <ConfirmDialog
        open={asking !== null}
        onOpenChange={open => !open && setAsking(null)}
        title={asking === 'dry' ? `Dry run: ${proposal.title}` : proposal.title}
        action={asking === 'dry' ? 'Start the dry run' : 'Send to execution'}
        onConfirm={send}
      >
        <div className="grid gap-2">
          <p>{proposal.blastRadius.words}</p>
          <p className="text-ink-2">
            {asking === 'dry'
              ? 'Nothing is changed; the steps show what would be.'
              : `Approvals: ${approvalWords(proposal)}. In production, and where a policy says so, it is tried first and sent again after that.`}
          </p>
          {proposal.reversible ? null : <p className="text-bad">Nothing brings the old state back.</p>}
        </div>
      </ConfirmDialog>
    </>
  );
}
