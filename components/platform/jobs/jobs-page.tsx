'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { TimeSeries } from '#components/console/charts/lazy.tsx';
import { ErrorState, NoPermission } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import { useMe } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { JobList } from './job-list.tsx';
import { Loops, Queues, Schedules } from './job-tables.tsx';

export function JobsPage() {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('job:read');
  const [tab, setTab] = useQueryState('tab', parseAsString.withDefault('overview'));
  const { data, error, isPending } = useQuery({
    ...trpc.jobs.overview.queryOptions(),
    enabled: may,
    refetchInterval: 5000,
  });
  if (!may)
    return (
      <NoPermission title="Jobs are not visible to you">
        The permission job:read is needed; administrators, operators and auditors have it.
      </NoPermission>
    );
  if (error) return <ErrorState title="The jobs could not be read">{messageOf(error)}</ErrorState>;
  if (isPending) return <Skeleton className="h-60" />;
  const { counts, oldestWaitingAt, jobs, loops, queues, perMinute } = data;
  const runs = perMinute.reduce((sum, point) => sum + (point.value ?? 0), 0);
  return (
    <>
      <Verdict>
        {counts.failed > 0 ? (
          <Phrase
            href="/jobs?tab=failed"
            tone="bad"
          >{`${counts.failed} ${counts.failed === 1 ? 'job has' : 'jobs have'} failed for good`}</Phrase>
        ) : (
          'No job has failed for good'
        )}
        {counts.retrying > 0 ? (
          <>
            , <Phrase href="/jobs?tab=failed" tone="watch">{`${counts.retrying} will be tried again`}</Phrase>
          </>
        ) : null}
        . {counts.running} running, {counts.waiting} waiting
        {oldestWaitingAt ? (
          <>
            {' '}
            (the oldest due <Time at={oldestWaitingAt} />)
          </>
        ) : null}
        , {runs} {runs === 1 ? 'run' : 'runs'} in the last hour.
      </Verdict>
      <Tabs
        label="Jobs"
        value={tab}
        onChange={id => void setTab(id)}
        tabs={[
          {
            id: 'overview',
            label: 'Throughput',
            content: (
              <div className="grid gap-4">
                <Card className="p-4">
                  <TimeSeries title="Runs that ended" unit="per minute" points={perMinute} />
                </Card>
                <Queues rows={queues} />
              </div>
            ),
          },
          { id: 'loops', label: 'Loops', content: <Loops rows={loops} /> },
          { id: 'schedules', label: 'Schedules', content: <Schedules rows={jobs} /> },
          {
            id: 'queue',
            label: `Queue (${counts.running + counts.waiting})`,
            content: <JobList states={['running', 'waiting']} empty="Nothing runs or waits." />,
          },
          {
            id: 'failed',
            label: `Failed (${counts.failed + counts.retrying})`,
            content: <JobList states={['failed', 'retrying']} empty="Nothing has failed." />,
          },
        ]}
      />
    </>
  );
}
