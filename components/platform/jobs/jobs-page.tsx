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
  const { counts, oldestWaitingAt, schedules, perMinute } = data;
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
              <Card className="p-4">
                <TimeSeries title="Runs that ended" unit="per minute" points={perMinute} />
              </Card>
            ),
          },
          { id: 'schedules', label: 'Schedules', content: <Schedules rows={schedules} /> },
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

function Schedules({
  rows,
}: {
  rows: { name: string; lastAt: string | null; ok: number; failed: number; meanMs: number | null }[];
}) {
  return (
    <Card className="overflow-x-auto">
      <table className="num w-full text-left">
        <thead className="text-ink-2 text-sm">
          <tr>
            {[
              'Job',
              'Last started by schedule',
              'Ended well, last hour',
              'Failed, last hour',
              'Mean time',
            ].map(title => (
              <th key={title} className="px-3.5 py-2 font-normal">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.name} className="border-t">
              <td className="px-3.5 py-2 font-medium">{row.name}</td>
              <td className="px-3.5 py-2">
                <Time at={row.lastAt} />
              </td>
              <td className="px-3.5 py-2">{row.ok}</td>
              <td className={row.failed > 0 ? 'px-3.5 py-2 text-bad' : 'px-3.5 py-2'}>{row.failed}</td>
              <td className="px-3.5 py-2">{row.meanMs === null ? 'not run' : `${row.meanMs} ms`}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 ? (
        <p className="px-3.5 py-6 text-ink-2">No worker has announced a schedule yet.</p>
      ) : null}
    </Card>
  );
}
