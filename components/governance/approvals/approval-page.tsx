'use client';

import { useQuery } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { ConfirmDialog } from '#components/console/confirm-dialog.tsx';
import { DiffView } from '#components/console/diff-view.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { JsonView } from '#components/console/json-view.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { ErrorState, NotFoundState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { TargetTimeline } from '#components/governance/audit/target-timeline.tsx';
import { messageOf, problemIn } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import type { ApprovalDetail, Decision } from '#server/governance/approvals/schema.ts';
import { ApprovalState } from './approval-state.tsx';
import { Countdown } from './countdown.tsx';
import { DecideDialog } from './decide-dialog.tsx';
import { useDecisionKeys } from './use-decision-keys.ts';
import { WhoCard } from './who-card.tsx';

export function ApprovalPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const { data, error, isPending } = useQuery(trpc.approvals.get.queryOptions({ id }));
  if (problemIn(error)?.kind === 'not_found' || problemIn(error)?.kind === 'invalid')
    return (
      <NotFoundState title="No such approval">It does not exist, or is not visible to you.</NotFoundState>
    );
  if (error) return <ErrorState title="The approval could not be read">{messageOf(error)}</ErrorState>;
  if (isPending) return <Skeleton className="h-64" />;
  return <Detail approval={data} />;
}

function Detail({ approval }: { approval: ApprovalDetail }) {
  const [decision, setDecision] = useState<Decision | null>(null);
  const may = approval.whyNot === null;
  useDecisionKeys({
    onApprove: () => may && setDecision('approve'),
    onDeny: () => may && setDecision('deny'),
  });
  return (
    <div className="mx-auto grid w-full max-w-3xl gap-3.5 pb-24">
      <div className="flex items-center gap-2">
        <Link href="/approvals" className="inline-flex items-center gap-1 text-ink-2 hover:text-ink">
          <ArrowLeft className="size-4" aria-hidden /> Approvals
        </Link>
        <span className="ml-auto">
          {approval.state === 'pending' ? (
            <Countdown until={approval.expiresAt} />
          ) : (
            <ApprovalState state={approval.state} />
          )}
        </span>
      </div>
      <header className="grid gap-1.5">
        <div className="flex flex-wrap items-center gap-2">
          <h1 className="text-balance font-semibold text-xl leading-snug">{approval.title}</h1>
          {approval.simulated ? <SimulatedBadge /> : null}
        </div>
        <p className="text-ink-2">
          Asked by {approval.requester} <Time at={approval.createdAt} /> · needs {approval.needs} ·{' '}
          {approval.given} given
          {approval.breakGlass ? ' · glass broken' : ''}
        </p>
        {approval.outcome ? <p className="font-medium">{approval.outcome}</p> : null}
      </header>
      <div className="grid grid-cols-2 gap-2">
        <Estimate
          label="Risk"
          value={approval.risk ? `${approval.risk.before} → ${approval.risk.after}` : null}
          margin={approval.risk?.margin}
        />
        <Estimate
          label="Cost"
          value={approval.cost ? `${approval.cost.perDay} ${approval.cost.currency} a day` : null}
          margin={approval.cost?.margin}
        />
      </div>
      <Card title="What will run" end={<IdChip id={approval.digest} label="Copy the digest" />}>
        <ol className="grid list-decimal gap-1 py-2.5 pr-3.5 pl-8">
          {approval.plan.map(line => (
            <li key={line}>{line}</li>
          ))}
        </ol>
        <p className="border-t px-3.5 py-2 text-ink-2 text-sm">
          Exactly <code className="font-mono">{approval.procedure}</code>, as {approval.requester}, once. Any
          change of it, of its target or of the policy voids the approval.
        </p>
      </Card>
      {approval.change ? (
        <Card title="Change" end={approval.subject}>
          <div className="p-3.5 pt-2">
            <DiffView before={approval.change.before ?? {}} after={approval.change.after ?? {}} />
          </div>
        </Card>
      ) : null}
      <Card title="Why, and what it touches">
        <div className="grid gap-1.5 p-3.5 pt-2">
          <p>{approval.reason ?? 'No reason was given.'}</p>
          <p className="text-ink-2">{approval.blast}</p>
          {approval.tenantId ? (
            <p className="text-ink-2">
              Tenant{' '}
              <Link className="link" href={`/federation/tenants/${approval.tenantId}`}>
                {approval.tenantId}
              </Link>
            </p>
          ) : null}
          {approval.global ? <p className="text-watch">Acts globally: two people at least.</p> : null}
        </div>
      </Card>
      <WhoCard approval={approval} />
      <Card title="History">
        <TargetTimeline target={`approval:${approval.id}`} />
      </Card>
      <details className="rounded-lg border bg-surface p-3.5">
        <summary className="cursor-pointer font-semibold">What is bound by the digest</summary>
        <div className="mt-2">
          {approval.sealed ? (
            <p className="text-ink-2">The input holds secrets: it is kept sealed and shown to nobody.</p>
          ) : null}
          <JsonView
            value={{
              procedure: approval.procedure,
              input: approval.sealed ? 'sealed' : approval.input,
              scope: approval.scope,
              policy: { id: approval.policyId, version: approval.policyVersion },
            }}
          />
        </div>
      </details>
      <Bar approval={approval} onAsk={setDecision} />
      <DecideDialog approval={approval} decision={decision} onClose={() => setDecision(null)} />
    </div>
  );
}

function Estimate({
  label,
  value,
  margin,
}: {
  label: string;
  value: string | null;
  margin: number | undefined;
}) {
  return (
    <div className="rounded-lg border bg-surface px-3 py-2 shadow-card">
      <span className="text-ink-3 text-sm">{label}</span>
      {value === null ? (
        <p className="text-ink-2">Not known: nothing estimated it.</p>
      ) : (
        <p className="num font-semibold text-lg">
          {value}
          {margin === undefined ? null : <span className="text-ink-3 text-sm"> ± {margin}</span>}
        </p>
      )}
    </div>
  );
}

/** Within reach of a thumb, whatever is above it. */
function Bar({ approval, onAsk }: { approval: ApprovalDetail; onAsk: (decision: Decision) => void }) {
  const client = useTRPCClient();
  const [withdrawing, setWithdrawing] = useState(false);
  const open = approval.state === 'pending' || approval.state === 'approved';
  if (!open) return null;
  const glass = approval.state === 'pending' && approval.whyNotBreakGlass === null;
  const big = 'h-11 flex-1 text-base md:flex-none md:px-6';
  return (
    <div className="fixed inset-x-0 bottom-0 z-30 border-t bg-surface md:left-[210px]">
      <div className="mx-auto flex w-full max-w-3xl items-center gap-2.5 px-4 py-3 md:px-0 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
        {approval.whyNot === null ? (
          <>
            <Button kind="danger" className={big} onClick={() => onAsk('deny')}>
              Deny
            </Button>
            <Button kind="primary" className={`${big} grow-[2]`} onClick={() => onAsk('approve')}>
              {approval.onBehalfOf ? `Approve for ${approval.onBehalfOf}` : 'Approve'}
            </Button>
          </>
        ) : (
          <p className="min-w-0 flex-1 text-ink-2 text-sm">{approval.whyNot}</p>
        )}
        {approval.own ? <Button onClick={() => setWithdrawing(true)}>Withdraw</Button> : null}
        {glass ? (
          <Button kind="danger" onClick={() => onAsk('break_glass')}>
            Break the glass
          </Button>
        ) : null}
      </div>
      <ConfirmDialog
        open={withdrawing}
        onOpenChange={setWithdrawing}
        title="Withdraw this request"
        action="Withdraw"
        onConfirm={() =>
          client.approvals.withdraw.mutate({ id: approval.id, reason: 'Withdrawn by whoever asked' })
        }
      >
        Nothing runs, and nobody has to decide any more. It can be asked for again.
      </ConfirmDialog>
    </div>
  );
}
