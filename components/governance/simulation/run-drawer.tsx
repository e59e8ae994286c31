'use client';

import { useQuery } from '@tanstack/react-query';
import { Properties } from '#components/console/detail.tsx';
import { JsonView } from '#components/console/json-view.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Skeleton } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import type { RunDetail } from '#server/governance/simulation/schema.ts';
import { ReplayView } from './replay-view.tsx';
import { ScorecardView } from './scorecard-view.tsx';
import { figure } from './words.ts';

export function RunDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const trpc = useTRPC();
  const { data, error } = useQuery({
    ...trpc.simulations.run.queryOptions({ id }),
    refetchInterval: query => (query.state.data?.state === 'running' ? 3000 : false),
  });
  return (
    <Dialog open wide onOpenChange={open => !open && onClose()} title={data?.title ?? 'Simulation'}>
      {error ? <ErrorState title="It could not be read">{messageOf(error)}</ErrorState> : null}
      {!data && !error ? <Skeleton className="h-60" /> : null}
      {data ? <RunView run={data} /> : null}
    </Dialog>
  );
}

function RunView({ run }: { run: Omit<RunDetail, 'input'> & { input?: unknown } }) {
  const { sandbox, canary, replay } = run;
  return (
    <div className="grid grid-cols-1 gap-4">
      <Properties
        items={[
          ['Kind', run.kind],
          ['Tenant', run.tenantId ?? 'every tenant'],
          ['State', run.state === 'running' ? 'under way' : run.state],
          ['Asked by', run.requestedBy],
          ['Started', <Time key="started" at={run.createdAt} />],
          ['World', <SimulatedBadge key="world" />],
        ]}
      />
      {sandbox ? (
        <>
          <Properties
            items={[
              ['Performance risk', `${sandbox.before.performance} → ${sandbox.after.performance}`],
              ['Reliability risk', `${sandbox.before.reliability} → ${sandbox.after.reliability}`],
              [
                'Cost',
                `${figure(sandbox.costPerDay.before)} → ${figure(sandbox.costPerDay.after)} EUR a day`,
              ],
              [
                'Ends',
                sandbox.ends.length === 0
                  ? 'no fault'
                  : sandbox.ends.map(e => `${e.fault} on ${e.target}`).join(', '),
              ],
              ...sandbox.withoutEffect.map((w): [string, string] => [`Step ${w.step + 1}`, w.reason]),
            ]}
          />
          <ScorecardView card={sandbox.scorecard} />
        </>
      ) : null}
      {canary ? (
        <>
          <p className="text-ink-2">
            {canary.promoted === null
              ? 'It could not be judged yet and goes on once more.'
              : canary.promoted
                ? 'It was promoted: every replica runs the new version.'
                : 'It was taken back: every replica runs the version before.'}
          </p>
          {canary.scorecard ? <ScorecardView card={canary.scorecard} /> : null}
        </>
      ) : null}
      {replay ? <ReplayView result={replay} /> : null}
      {run.state === 'running' && !canary ? (
        <p className="text-ink-2">
          {run.endsAt ? (
            <>
              It is judged <Time at={run.endsAt} />.
            </>
          ) : (
            'It is walking through history. This may be left and found again.'
          )}
        </p>
      ) : null}
      <details>
        <summary className="cursor-pointer text-ink-2">What was asked, as JSON</summary>
        <JsonView value={run.input} />
      </details>
    </div>
  );
}
