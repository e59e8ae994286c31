'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { TimeSeries } from '#components/console/charts/lazy.tsx';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { Properties } from '#components/console/detail.tsx';
import { ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { TargetTimeline } from '#components/governance/audit/target-timeline.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import { toast } from '#components/ui/toast.ts';
import type { StreamDetail } from '#server/federation/replication/schema.ts';
import { currentLook } from './flowing.ts';
import { StreamEvidence } from './stream-evidence.tsx';
import { Reality, StreamHealth, syncWords } from './stream-words.tsx';

/** One stream: how far it is behind, what it carries, what proves it, what was done to it. */
export function StreamPanel({ id, at }: { id: string; at: string }) {
  const trpc = useTRPC();
  const [tab, setTab] = useState('lag');
  const { data, error } = useQuery({ ...trpc.replication.get.queryOptions({ id }), refetchInterval: 5000 });
  if (error) return <ErrorState title="The stream could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-64" />;
  const look = currentLook(data, at);
  return (
    <Card>
      <div className="grid gap-4 p-3.5">
        <div className="flex flex-wrap items-center gap-2">
          <h2 className="font-semibold text-lg">{data.id}</h2>
          <StreamHealth stream={data} at={at} />
          <Reality stream={data} />
          <span className="text-ink-2">{data.held ? null : (data.message ?? look?.why)}</span>
          <Actions stream={data} />
        </div>
        {data.held ? <Held stream={data} held={data.held} /> : null}
        <Tabs
          label="Stream"
          value={tab}
          onChange={setTab}
          tabs={[
            { id: 'lag', label: 'Lag', content: <Lag stream={data} /> },
            { id: 'carries', label: 'What it carries', content: <Carries stream={data} /> },
            { id: 'proof', label: 'Parity and leaks', content: <StreamEvidence stream={data} /> },
            { id: 'timeline', label: 'Timeline', content: <TargetTimeline target={`stream:${data.id}`} /> },
          ]}
        />
      </div>
    </Card>
  );
}

/** The console paused it, not a person: why, and what takes it up again. */
function Held({ stream, held }: { stream: StreamDetail; held: NonNullable<StreamDetail['held']> }) {
  return (
    <p role="status" className="text-bad">
      Not allowed since <Time at={held.at} />: {held.why}.{' '}
      <span className="text-ink-2">
        {held.by === 'region'
          ? 'It goes on once the region is readmitted.'
          : 'It goes on once the rules allow it and somebody resumes it.'}{' '}
        What was copied before still lies in {stream.subscriber}.
      </span>
    </p>
  );
}

function Lag({ stream }: { stream: StreamDetail }) {
  const points = (pick: (s: StreamDetail['samples'][number]) => number | null) =>
    stream.samples.map(s => ({ at: s.at, value: pick(s) }));
  if (stream.samples.length === 0)
    return <p className="text-ink-2">The series begins a minute after the first look at the stream.</p>;
  return (
    <div className="grid gap-6 lg:grid-cols-2">
      <TimeSeries
        title="Behind"
        unit="s"
        points={points(s => s.lagSeconds)}
        budget={{ value: 10, label: 'lagging' }}
      />
      <TimeSeries
        title="Log kept for it"
        unit="KB"
        points={points(s => (s.retainedBytes === null ? null : Math.round(s.retainedBytes / 1024)))}
      />
    </div>
  );
}

function Carries({ stream }: { stream: StreamDetail }) {
  const queries = useQueryClient();
  const trpc = useTRPC();
  const why = useWhyNot('replication:write');
  const resync = useMutation(trpc.replication.resync.mutationOptions());
  const again = async (table: string) => {
    try {
      await resync.mutateAsync({ id: stream.id, table });
      toast.success(`${table} is copied anew.`);
      await queries.invalidateQueries({ queryKey: trpc.replication.pathKey() });
    } catch (failed) {
      toast.error(messageOf(failed));
    }
  };
  return (
    <div className="grid gap-4">
      <Properties
        items={[
          ['Tenants', stream.tenants.join(', ')],
          [
            'Personal data',
            stream.raw ? 'leaves as it is, with consent' : 'stays in its region; keyed hashes leave instead',
          ],
          ['Apply errors', stream.look?.applyErrors ?? 'not known'],
          ['Copy errors', stream.look?.syncErrors ?? 'not known'],
          [
            'Slot',
            stream.look?.slotActive == null
              ? 'not known'
              : stream.look.slotActive
                ? 'read by the subscriber'
                : 'not read by anybody',
          ],
        ]}
      />
      <ul className="divide-y border-t" aria-label="Tables">
        {stream.tables.map(({ table, columns, withheld }) => {
          const sync = stream.look?.tables.find(t => t.table === table);
          return (
            <li key={table} className="grid gap-1 py-2.5 sm:grid-cols-[10rem_1fr_auto] sm:gap-4">
              <span>
                <span className="font-medium">{table}</span>
                <span className="block text-ink-2 text-sm">
                  {sync ? (syncWords[sync.state] ?? sync.state) : 'not known'}
                </span>
              </span>
              <span className="min-w-0 text-sm [overflow-wrap:anywhere]">
                Leaves: {columns.join(', ')}
                {withheld.length > 0 ? (
                  <span className="block text-ink-2">Stays: {withheld.join(', ')}</span>
                ) : null}
              </span>
              <Button
                size="sm"
                why={why ?? (stream.state === 'active' ? null : 'Only an active stream copies.')}
                busy={resync.isPending}
                onClick={() => void again(table)}
              >
                Copy anew
              </Button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Actions({ stream }: { stream: StreamDetail }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('replication:write');
  const [retiring, setRetiring] = useState(false);
  const pause = useMutation(trpc.replication.pause.mutationOptions());
  const resume = useMutation(trpc.replication.resume.mutationOptions());
  const retire = useMutation(trpc.replication.retire.mutationOptions());
  const done = () => queries.invalidateQueries({ queryKey: trpc.replication.pathKey() });
  const run = async (act: Promise<unknown>, said: string) => {
    try {
      await act;
      toast.success(said);
      await done();
    } catch (failed) {
      toast.error(messageOf(failed));
    }
  };
  const { id, state } = stream;
  return (
    <span className="ml-auto flex gap-2">
      {state === 'active' ? (
        <Button
          size="sm"
          why={why}
          busy={pause.isPending}
          onClick={() => void run(pause.mutateAsync({ id }), `${id} is paused`)}
        >
          Pause
        </Button>
      ) : null}
      {state === 'paused' || state === 'failed' ? (
        <Button
          size="sm"
          why={why}
          busy={resume.isPending}
          onClick={() => void run(resume.mutateAsync({ id }), `${id} goes on`)}
        >
          Resume
        </Button>
      ) : null}
      {state === 'retired' ? null : (
        <Button size="sm" kind="danger" why={why} onClick={() => setRetiring(true)}>
          Retire
        </Button>
      )}
      <DangerDialog
        open={retiring}
        onOpenChange={setRetiring}
        title={`Retire ${id}`}
        blast={`${stream.subscriber} gets no more changes of ${stream.tenants.length} ${stream.tenants.length === 1 ? 'tenant' : 'tenants'} from ${stream.publisher}, and cannot take over from it. What lies there already stays.`}
        typeName={id}
        action="Retire stream"
        onConfirm={async reason => {
          await retire
            .mutateAsync({ id, reason })
            .catch(failed => Promise.reject(new Error(messageOf(failed))));
          await done();
        }}
      />
    </span>
  );
}
