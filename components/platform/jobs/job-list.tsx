'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { toast } from '#components/ui/toast.ts';
import type { JobRow } from '#server/platform/jobs/schema.ts';
import { useWhyNot } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC, useTRPCClient } from '../live/trpc.ts';

const tones: Record<JobRow['state'], Tone> = {
  running: 'ok',
  waiting: 'idle',
  retrying: 'watch',
  failed: 'bad',
};

export function JobList({ states, empty }: { states: JobRow['state'][]; empty: string }) {
  const trpc = useTRPC();
  const [open, setOpen] = useState<JobRow | null>(null);
  const { data } = useQuery({ ...trpc.jobs.list.queryOptions({ states }), refetchInterval: 3000 });
  if (!data) return <Skeleton className="h-40" />;
  if (data.rows.length === 0) return <Card className="px-3.5 py-8 text-center text-ink-2">{empty}</Card>;
  return (
    <Card className="divide-y">
      {data.rows.map(row => (
        <button
          key={row.id}
          type="button"
          onClick={() => setOpen(row)}
          className="flex w-full flex-wrap items-center gap-3 px-3.5 py-2.5 text-left hover:bg-sunken"
        >
          <span className="font-medium">{row.task}</span>
          <Pill tone={tones[row.state]}>{row.state}</Pill>
          <span className="num text-ink-2 text-sm">
            attempt {row.attempts} of {row.maxAttempts}
          </span>
          <span className="ml-auto text-ink-2 text-sm">
            due <Time at={row.runAt} />
          </span>
          {row.lastError ? (
            <span className="w-full truncate font-mono text-bad text-sm">{row.lastError.split('\n')[0]}</span>
          ) : null}
        </button>
      ))}
      <Drawer
        open={open !== null}
        onOpenChange={on => !on && setOpen(null)}
        title={open?.task ?? ''}
        description={open ? `Job ${open.id}` : ''}
      >
        {open ? <JobDetail job={open} onDone={() => setOpen(null)} /> : null}
      </Drawer>
    </Card>
  );
}

function JobDetail({ job, onDone }: { job: JobRow; onDone: () => void }) {
  const client = useTRPCClient();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const lacking = useWhyNot('job:write');
  const why =
    lacking ?? (job.state === 'running' ? 'It is running right now. Wait until this run has ended.' : null);
  const act = async (what: 'retry' | 'cancel') => {
    try {
      await client.jobs[what].mutate({ id: job.id });
      toast.success(what === 'retry' ? 'It runs again now.' : 'Cancelled: it will not run again.');
      onDone();
    } catch (error) {
      toast.error(messageOf(error));
    }
    await queries.invalidateQueries({ queryKey: trpc.jobs.pathKey() });
  };
  return (
    <div className="grid gap-4">
      <ScrollArea label="Error" className="max-h-[50vh] rounded-md bg-sunken p-3">
        <pre className="whitespace-pre-wrap font-mono text-sm">{job.lastError ?? 'No error so far.'}</pre>
      </ScrollArea>
      <div className="flex gap-2">
        <Button kind="primary" why={why} onClick={() => void act('retry')}>
          Run now
        </Button>
        <Button kind="danger" why={why} onClick={() => void act('cancel')}>
          Cancel job
        </Button>
      </div>
    </div>
  );
}
