'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import type { DrillRow, SnapshotRow } from '#server/federation/recovery/schema.ts';
import { failureOf, worthOf } from './drill-words.ts';

const tones: Record<SnapshotRow['state'], Tone> = {
  waiting: 'idle',
  taking: 'watch',
  complete: 'ok',
  failed: 'bad',
  forgotten: 'idle',
};
const size = (bytes: number) =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

export function SnapshotsCard({ drills }: { drills: readonly DrillRow[] }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const why = useWhyNot('recovery:run');
  const { data, error } = useQuery({ ...trpc.recovery.snapshots.queryOptions(), refetchInterval: 5_000 });
  const run = async (work: () => Promise<unknown>, said: string) => {
    try {
      await work();
      toast.success(said);
      await queries.invalidateQueries({ queryKey: trpc.recovery.pathKey() });
    } catch (failure) {
      toast.error(messageOf(failure));
    }
  };
  return (
    <section id="snapshots" className="grid gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="font-semibold text-lg">Snapshots</h2>
        <span className="ml-auto">
          <Button
            kind="primary"
            why={why}
            onClick={() => void run(() => client.recovery.snapshot.mutate({}), 'A snapshot is being taken')}
          >
            Take a snapshot
          </Button>
        </span>
      </div>
      {error ? <ErrorState title="The snapshots could not be read">{messageOf(error)}</ErrorState> : null}
      {!data && !error ? <Skeleton className="h-32" /> : null}
      {data?.rows.length === 0 ? (
        <EmptyState title="No snapshot was taken yet">
          The schedule takes the first one within minutes of a start; one can be taken now.
        </EmptyState>
      ) : null}
      {data && data.rows.length > 0 ? (
        <Card className="divide-y">
          {data.rows.map(row => (
            <Snapshot
              key={row.id}
              row={row}
              drill={drills.find(drill => drill.snapshotId === row.id)}
              why={why}
              onDrill={() =>
                void run(
                  () => client.recovery.drill.mutate({ id: row.id }),
                  'A restore is under way; it takes some seconds',
                )
              }
            />
          ))}
        </Card>
      ) : null}
    </section>
  );
}

interface SnapshotProps {
  row: SnapshotRow;
  drill: DrillRow | undefined;
  why: string | null | undefined;
  onDrill: () => void;
}

function Snapshot({ row, drill, why, onDrill }: SnapshotProps) {
  const [open, setOpen] = useState(false);
  const worth = worthOf(row, drill);
  const failed = row.state === 'complete' ? failureOf(drill) : null;
  return (
    <article className="grid gap-2 p-3.5">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">
          <Time at={row.startedAt} />
        </span>
        <Pill tone={tones[row.state]}>{row.state}</Pill>
        {row.state === 'complete' ? <Pill tone={worth.tone}>{worth.word}</Pill> : null}
        <span className="text-ink-2 text-sm">
          {row.rows === null ? null : `${row.rows} rows of ${row.tables} tables, ${size(row.bytes ?? 0)}`}
        </span>
        <span className="ml-auto flex gap-2">
          {drill ? (
            <Button onClick={() => setOpen(!open)} aria-expanded={open}>
              {open ? 'Hide checks' : 'Show checks'}
            </Button>
          ) : null}
          <Button
            why={why ?? (row.state === 'complete' ? undefined : 'Only a complete snapshot can be restored.')}
            onClick={onDrill}
          >
            Restore to prove
          </Button>
        </span>
      </div>
      <p className="font-mono text-ink-3 text-sm">{row.id}</p>
      {failed ? <p className="text-bad text-sm [overflow-wrap:anywhere]">{failed}</p> : null}
      {row.error ? <p className="text-bad text-sm">{row.error}</p> : null}
      {open && drill ? (
        <ul className="grid gap-1 text-sm">
          <li className="text-ink-2">
            {drill.passed ? 'Restored and proved' : 'The restore failed'} <Time at={drill.startedAt} />, in{' '}
            {(drill.durationMs / 1000).toFixed(1)} s
          </li>
          {drill.checks.map(check => (
            <li key={check.name} className="flex flex-wrap items-center gap-2">
              <Pill tone={check.passed ? 'ok' : 'bad'}>{check.name}</Pill>
              <span className="min-w-0 text-ink-2 [overflow-wrap:anywhere]">{check.found}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </article>
  );
}
