'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { useState } from 'react';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import type { StreamRow, SyncStatus } from '#server/federation/replication/schema.ts';
import { RegionKind } from '../regions/region-kind.tsx';
import { currentLook, flows, isIll } from './flowing.ts';
import { PreflightWizard } from './preflight-wizard.tsx';
import { StreamPanel } from './stream-panel.tsx';
import { bytes, Reality, StreamHealth, seconds } from './stream-words.tsx';

export function ReplicationPage() {
  const trpc = useTRPC();
  const why = useWhyNot('replication:write');
  const [open, setOpen] = useQueryState('stream', parseAsString);
  const [making, setMaking] = useState(false);
  const { data, error } = useQuery({ ...trpc.replication.status.queryOptions({}), refetchInterval: 3000 });
  if (error) return <ErrorState title="The streams could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-64" />;
  const live = data.streams.filter(s => s.state !== 'retired');
  const shown = data.streams.find(s => s.id === open) ?? live[0];
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <StreamsVerdict streams={live} at={data.at} />
        <Button kind="primary" className="ml-auto" why={why} onClick={() => setMaking(true)}>
          New stream
        </Button>
      </div>
      <Servers regions={data.regions} />
      <Card title={`Streams (${live.length})`}>
        {data.streams.length === 0 ? (
          <EmptyState title="Nothing is replicated yet">
            A stream copies chosen tenants’ rows from one region to another and keeps them up to date. The
            first one appears once the region databases are up.
          </EmptyState>
        ) : (
          <StreamTable
            streams={data.streams}
            at={data.at}
            open={shown?.id ?? null}
            onOpen={id => void setOpen(id)}
          />
        )}
      </Card>
      {shown ? <StreamPanel key={shown.id} id={shown.id} at={data.at} /> : null}
      {making ? (
        <PreflightWizard regions={data.regions.map(r => r.region)} onClose={() => setMaking(false)} />
      ) : null}
    </>
  );
}

function StreamsVerdict({ streams, at }: { streams: StreamRow[]; at: string }) {
  const flowing = streams.filter(s => flows(s, at));
  const bad = streams.filter(s => isIll(s, at));
  const worst = Math.max(0, ...flowing.map(s => s.look?.lagSeconds ?? 0));
  if (streams.length === 0) return <Verdict>Nothing is replicated yet.</Verdict>;
  return (
    <Verdict>
      {flowing.length} of {streams.length} {streams.length === 1 ? 'stream' : 'streams'} flow
      {flowing.length > 0 ? `, at most ${worst} s behind` : ''}
      {bad.length > 0 ? (
        <>
          {'; '}
          <Phrase href={`/federation/replication?stream=${bad[0]?.id}`} tone="bad">
            {bad.length} {bad.length === 1 ? 'needs' : 'need'} attention
          </Phrase>
        </>
      ) : null}
      .
    </Verdict>
  );
}

function Servers({ regions }: { regions: SyncStatus['regions'] }) {
  return (
    <ul className="flex flex-wrap gap-2" aria-label="Region databases">
      {regions.map(({ region, kind }) => (
        <li key={region} className="flex items-center gap-2 rounded-md border bg-surface px-2.5 py-1">
          <span className="font-medium">{region}</span>
          <RegionKind database={kind} />
        </li>
      ))}
    </ul>
  );
}

const heads = ['Stream', 'State', 'Behind', 'Kept log', 'Tenants', 'Seen', ''];

function StreamTable({
  streams,
  at,
  open,
  onOpen,
}: {
  streams: StreamRow[];
  at: string;
  open: string | null;
  onOpen: (id: string) => void;
}) {
  return (
    <ScrollArea label="Streams" className="p-3.5">
      <table className="w-full min-w-[46rem] text-left">
        <thead className="text-ink-3 text-sm">
          <tr>
            {heads.map(head => (
              <th key={head} scope="col" className="px-2 py-1.5 font-medium">
                {head || <span className="sr-only">Reality</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y border-t">
          {streams
            .map(s => ({ ...s, now: currentLook(s, at) }))
            .map(s => (
              <tr key={s.id} className={cn(s.id === open && 'bg-sunken')}>
                <td className="px-2 py-2">
                  <button
                    type="button"
                    className="link font-medium"
                    aria-pressed={s.id === open}
                    onClick={() => onOpen(s.id)}
                  >
                    {s.id}
                  </button>
                  <div className="text-ink-2 text-sm">
                    {s.publisher} to {s.subscriber}
                  </div>
                </td>
                <td className="px-2 py-2">
                  <StreamHealth stream={s} at={at} />
                </td>
                <td className="num px-2 py-2">
                  {seconds(s.now?.lagSeconds ?? null)}
                  <div className="text-ink-2 text-sm">{bytes(s.now?.lagBytes ?? null)}</div>
                </td>
                <td className="num px-2 py-2">
                  {bytes(s.now?.retainedBytes ?? null)}
                  <div className="text-ink-2 text-sm">of {s.walBudgetMb} MB</div>
                </td>
                <td className="num px-2 py-2">{s.tenants.length}</td>
                <td className="px-2 py-2">
                  <Time at={s.look?.at ?? null} />
                </td>
                <td className="px-2 py-2">
                  <Reality stream={s} />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </ScrollArea>
  );
}
