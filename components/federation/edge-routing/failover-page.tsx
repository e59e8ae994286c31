'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { WaitingFor } from '#components/governance/approvals/waiting.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import type { FailoverStatus } from '#server/federation/edge-routing/schema.ts';
import { byReadiness, chosenPair } from './by-readiness.ts';
import { FailoverHistory, RunSteps } from './failover-history.tsx';
import { PlanCard } from './plan-card.tsx';
import { ReadinessMatrix, ReadinessRows } from './readiness-matrix.tsx';
import { SwitchCard } from './switch-card.tsx';
import { WritersCard } from './writers-card.tsx';

/** Could I fail over from A to B right now, and what would I lose? */
export function FailoverPage() {
  const trpc = useTRPC();
  const [pair, setPair] = useQueryState('pair', parseAsString);
  const { data, error } = useQuery({ ...trpc.edgeRouting.status.queryOptions({}), refetchInterval: 2000 });
  if (error)
    return <ErrorState title="The state of failovers could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-64" />;
  const chosen = chosenPair(data.matrix, pair);
  return (
    <>
      <FailoverVerdict status={data} />
      {data.running.map(run => (
        <Card key={run.id} title={`Under way: ${run.from} to ${run.to}`}>
          <RunSteps run={run} />
        </Card>
      ))}
      <WritersCard regions={data.regions} />
      {data.matrix.length === 0 ? (
        <Card title="Readiness">
          <EmptyState title="Nothing could take over">
            A region can take over from another one once a stream leads there. Streams are made on the page
            Replication.
          </EmptyState>
        </Card>
      ) : (
        <ReadinessMatrix
          matrix={data.matrix}
          chosen={chosen ? `${chosen.from}.${chosen.to}` : null}
          onChoose={next => void setPair(next)}
        />
      )}
      {pair !== null && !chosen && data.matrix.length > 0 ? (
        <Card title="There is no such pair">
          <EmptyState title={`Nothing is known of ${pair.replace('.', ' to ')}`}>
            Its first region could not be failed over to its second one now. Choose one of the pairs above.
          </EmptyState>
        </Card>
      ) : null}
      {chosen ? (
        <>
          <WaitingFor subject={`region:${chosen.from}`} />
          <div className="grid items-start gap-4 lg:grid-cols-2">
            <ReadinessRows readiness={chosen} />
            <PlanCard
              key={`${chosen.from}.${chosen.to}`}
              from={chosen.from}
              to={chosen.to}
              running={data.regions.some(r => r.region === chosen.from && r.busy)}
            />
          </div>
        </>
      ) : null}
      <SwitchCard settings={data.settings} breaker={data.breaker} />
      <FailoverHistory />
    </>
  );
}

function FailoverVerdict({ status }: { status: FailoverStatus }) {
  const unknown = status.regions.filter(r => r.unknown !== null);
  if (unknown.length > 0)
    return (
      <Verdict>
        <span className="text-bad">
          Who may write is not known in {unknown.map(r => r.region).join(' and ')}: nobody gets a lease there
          until the regions agree or somebody decides.
        </span>
      </Verdict>
    );
  const lost = status.regions.filter(r => r.writes && r.down === true);
  if (lost.length > 0)
    return (
      <Verdict>
        <span className="text-bad">
          {lost.map(r => r.region).join(' and ')} {lost.length === 1 ? 'is' : 'are'} down: enough observers
          agree, for {lost[0]?.downFor ?? 0} s.
        </span>
      </Verdict>
    );
  const ready = status.matrix.filter(m => m.ready);
  const [first] = status.matrix.toSorted(byReadiness);
  if (!first) return <Verdict>No region could take over from another one.</Verdict>;
  return (
    <Verdict>
      {ready.length > 0
        ? ready.map(r => r.verdict).join(' ')
        : first.state === 'not-connected'
          ? first.verdict
          : `${first.from} is not ready to fail over to ${first.to}: ${first.rows.filter(r => !['ready', 'note'].includes(r.result)).length} of ${first.rows.length} rows are open.`}
    </Verdict>
  );
}
