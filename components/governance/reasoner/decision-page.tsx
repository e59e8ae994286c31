'use client';

import { useQuery } from '@tanstack/react-query';
import { JsonView } from '#components/console/json-view.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState, ErrorState, NotFoundState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { TargetTimeline } from '#components/governance/audit/target-timeline.tsx';
import { messageOf, problemIn } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { DecisionDetail } from '#server/governance/reasoner/schema.ts';
import { AskForm } from './ask-form.tsx';
import { ProposalCard } from './proposal-card.tsx';
import { inOrder, outcomeTone, outcomeWord, percent } from './words.ts';

export function DecisionPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const { data, error, isPending } = useQuery({
    ...trpc.proposals.get.queryOptions({ id }),
    // A model's words come a moment later; where no stream tells of them, they are looked for.
    refetchInterval: query => (query.state.data?.enrichment?.state === 'queued' ? 5000 : false),
  });
  if (error) {
    const kind = problemIn(error)?.kind;
    return kind === 'not_found' || kind === 'invalid' ? (
      <NotFoundState title="No such answer">It does not exist, or is not visible to you.</NotFoundState>
    ) : (
      <ErrorState title="The answer could not be read">{messageOf(error)}</ErrorState>
    );
  }
  if (isPending)
    return (
      <div className="grid gap-4">
        <Skeleton className="h-8 w-2/3" />
        <Skeleton className="h-64" />
      </div>
    );
  const proposals = inOrder(data.proposals, data.enrichment?.order);
  const [first] = proposals;
  return (
    <>
      <div className="grid gap-2">
        <Verdict>
          {first
            ? `${first.title} is proposed for ${data.tenantId}, with a confidence of ${percent(first.confidence)}`
            : `The evidence is not enough for a proposal to ${data.tenantId}`}
        </Verdict>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-ink-2">
          <Pill tone={outcomeTone[data.outcome]}>{outcomeWord[data.outcome]}</Pill>
          {data.simulated ? <SimulatedBadge /> : null}
          <span>
            asked by {data.askedBy} <Time at={data.at} />
          </span>
          <span>
            score {data.riskId}, context {data.contextId}
          </span>
          <span className="num">answered in {data.tookMs} ms</span>
        </p>
      </div>
      {data.outcome === 'insufficient_evidence' ? (
        <>
          <Card>
            <EmptyState title="Insufficient evidence">{data.reason}</EmptyState>
          </Card>
          <AskForm tenant={data.tenantId} />
        </>
      ) : null}
      <ModelNote decision={data} />
      {proposals.map(proposal => (
        <ProposalCard
          key={proposal.id}
          proposal={proposal}
          events={data.evidence}
          enrichment={data.enrichment}
          first={proposal.id === first?.id}
        />
      ))}
      <Card title="How it came about" end={`${data.trace.length} steps`}>
        <ol className="mt-2 divide-y border-t">
          {data.trace.map(step => (
            <li
              key={`${step.step} ${step.said}`}
              className="grid gap-x-4 px-3.5 py-2 sm:grid-cols-[8rem_1fr]"
            >
              <span className="text-ink-3">{step.step}</span>
              <span className="[overflow-wrap:anywhere]">{step.said}</span>
            </li>
          ))}
        </ol>
      </Card>
      <Card title="Ledger" className="pb-2">
        <TargetTimeline target={`decision:${data.id}`} />
      </Card>
      <details>
        <summary className="cursor-pointer text-ink-2">Raw</summary>
        <JsonView value={data} />
      </details>
    </>
  );
}

function ModelNote({ decision: { enrichment } }: { decision: DecisionDetail }) {
  if (!enrichment) return null;
  const said = {
    queued: 'A language model is being asked for words; the plans do not wait for it.',
    done: `A language model (${enrichment.model ?? 'unknown'}) added words. ${enrichment.problem ?? ''}`,
    rejected: `What the language model wrote was not taken. ${enrichment.problem ?? ''}`,
    failed: `The language model could not be asked. ${enrichment.problem ?? ''}`,
  }[enrichment.state];
  return (
    <p className="flex flex-wrap items-center gap-2 text-ink-2">
      {enrichment.simulated ? <SimulatedBadge label="Simulated model" /> : null}
      <span className="[overflow-wrap:anywhere]">{said}</span>
    </p>
  );
}
