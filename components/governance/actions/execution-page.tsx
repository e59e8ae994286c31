'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { Properties, StatusHeader } from '#components/console/detail.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { JsonView } from '#components/console/json-view.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { ErrorState, NotFoundState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { WaitingFor } from '#components/governance/approvals/waiting.tsx';
import { TargetTimeline } from '#components/governance/audit/target-timeline.tsx';
import { money, signed } from '#components/governance/cost/money.ts';
import { messageOf, problemIn } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { waitingStates } from '#server/governance/actions/schema/states.ts';
import type { ExecutionDetail, Predicted as Prediction } from '#server/governance/actions/schema.ts';
import { ExecutionActions } from './execution-actions.tsx';
import { ExecutionState, TierMark } from './execution-state.tsx';
import { ExecutionSteps } from './execution-steps.tsx';

export function ExecutionPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const { data, error, isPending } = useQuery(trpc.actions.status.queryOptions({ exec_id: id }));
  if (problemIn(error)?.kind === 'not_found')
    return (
      <NotFoundState title={`No execution "${id}"`}>
        It does not exist, or is not visible to you.
      </NotFoundState>
    );
  if (error) return <ErrorState title="The execution could not be read">{messageOf(error)}</ErrorState>;
  if (isPending) return <Skeleton className="h-64" />;
  return <Detail execution={data} />;
}

function Detail({ execution }: { execution: ExecutionDetail }) {
  const { assessment } = execution;
  return (
    <>
      <StatusHeader
        title={execution.title}
        badges={
          <>
            <ExecutionState state={execution.state} dryRun={execution.dryRun} />
            <TierMark tier={execution.tier} />
            {execution.simulated ? <SimulatedBadge /> : null}
          </>
        }
        desired={execution.dryRun ? 'A dry run: nothing is to change' : assessment.blast.words}
        observed={execution.outcome ?? progress(execution)}
        synced={<Time at={execution.endedAt ?? execution.startedAt ?? execution.requestedAt} />}
        actions={<ExecutionActions execution={execution} />}
      />
      <WaitingFor subject={`execution:${execution.id}`} />
      {execution.failure ? (
        <p role="status" className="rounded-lg border border-line-strong bg-bad-soft px-3.5 py-2.5">
          {execution.failure}
        </p>
      ) : null}
      <ExecutionSteps execution={execution} />
      <div className="grid gap-3.5 lg:grid-cols-2">
        <Card title="Why it may, and what it touches">
          <div className="grid gap-3 p-3.5 pt-2">
            <ul className="grid list-disc gap-1 pl-5">
              {assessment.reasons.map(reason => (
                <li key={reason}>{reason}</li>
              ))}
            </ul>
            <Properties items={about(execution)} />
          </div>
        </Card>
        <Card title="Log">
          <ScrollArea label="Log" className="max-h-96">
            <ol className="py-2" aria-live="polite">
              {execution.log.map(line => (
                <li key={line.seq} className="flex gap-3 px-3.5 py-1 text-sm">
                  <span className="num w-16 shrink-0 text-ink-3">{line.at.slice(11, 19)}</span>
                  <span
                    className={cn(
                      'min-w-0 [overflow-wrap:anywhere]',
                      line.level === 'error' && 'text-bad',
                      line.level === 'warning' && 'text-watch',
                    )}
                  >
                    {line.said}
                  </span>
                </li>
              ))}
            </ol>
          </ScrollArea>
        </Card>
      </div>
      <Predicted execution={execution} />
      <Card title="Ledger">
        <TargetTimeline target={`execution:${execution.id}`} limit={40} />
      </Card>
      <details className="rounded-lg border bg-surface p-3.5">
        <summary className="cursor-pointer font-semibold">Plan and signed manifest</summary>
        <div className="mt-2 grid gap-3">
          <JsonView value={execution.plan} />
          {execution.manifest ? (
            <JsonView value={execution.manifest} />
          ) : (
            <p className="text-ink-2">Not signed yet.</p>
          )}
        </div>
      </details>
    </>
  );
}

const progress = (execution: ExecutionDetail): string =>
  waitingStates.includes(execution.state)
    ? 'Nothing yet: it waits for people'
    : execution.steps > 1
      ? `Step ${execution.step + 1} of ${execution.steps}`
      : 'Under way';

function about(execution: ExecutionDetail): [string, React.ReactNode][] {
  return [
    [
      'Tenant',
      <Link key="tenant" className="link" href={`/federation/tenants/${execution.tenantId}`}>
        {execution.tenantId}
      </Link>,
    ],
    ['Asked by', execution.requester],
    [
      'Approval',
      execution.approvalId ? (
        <Link key="approval" className="link" href={`/approvals/${execution.approvalId}`}>
          Released
        </Link>
      ) : execution.assessment.needsApproval && !execution.dryRun ? (
        'Needed'
      ) : (
        'Not needed'
      ),
    ],
    [
      'Origin',
      execution.origin.ref ? `${execution.origin.kind} ${execution.origin.ref}` : execution.origin.kind,
    ],
    ['Plan', <IdChip key="plan" id={execution.planHash} label="Copy the hash of the plan" />],
    [
      'Snapshot',
      execution.snapshotHash ? (
        <IdChip key="snapshot" id={execution.snapshotHash} label="Copy the hash of the snapshot" />
      ) : (
        'Not taken yet'
      ),
    ],
  ];
}

/** A range only where there is one. */
function costWords({ perDay, low, high, currency }: NonNullable<Prediction['cost']>): string {
  const range = low === high ? '' : ` (${money(low, null)} to ${money(high, null)})`;
  return `${signed(perDay, currency)} a day${range}`;
}

/** What was expected before it ran, beside what came. */
function Predicted({ execution }: { execution: ExecutionDetail }) {
  const { predicted } = execution.assessment;
  if (!predicted) return null;
  const realised = Object.values(execution.realised ?? {});
  return (
    <Card title="Expected, and what came">
      <div className="p-3.5 pt-2">
        <Properties
          items={[
            ['Risk when asked', predicted.score ?? 'not known'],
            [
              'Expected, from a copy of the simulated world',
              predicted.risk ? `${predicted.risk.before} → ${predicted.risk.after}` : 'not estimated',
            ],
            ['Expected cost', predicted.cost ? costWords(predicted.cost) : 'not estimated'],
            ...realised.map((found): [string, React.ReactNode] => [
              `${found.after} later`,
              `${found.before ?? 'unknown'} → ${found.now ?? 'unknown'}`,
            ]),
          ]}
        />
      </div>
    </Card>
  );
}
