'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { LeakScan, ParityRun, StreamDetail } from '#server/federation/replication/schema.ts';

const tones: Record<ParityRun['state'], Tone> = {
  running: 'watch',
  equal: 'ok',
  differs: 'bad',
  failed: 'bad',
};

/** What proves the mirror: every row compared by hash, every column searched for what should not be there. */
export function StreamEvidence({ stream }: { stream: StreamDetail }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('replication:write');
  const verify = useMutation(trpc.replication.verify.mutationOptions());
  const begin = async () => {
    try {
      await verify.mutateAsync({ id: stream.id });
      await queries.invalidateQueries({ queryKey: trpc.replication.pathKey() });
    } catch (failed) {
      toast.error(messageOf(failed));
    }
  };
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center gap-3">
        <p className="max-w-2xl text-ink-2">
          Rows are compared in chunks by hash on both servers; what differs is named by its keys. The search
          looks for personal columns, for values of the publisher’s personal columns, and for whatever has the
          form of an address or a number. Found values are never shown.
        </p>
        <Button
          className="ml-auto"
          why={why ?? (stream.state === 'active' ? null : 'Only an active stream can be compared.')}
          busy={verify.isPending}
          onClick={() => void begin()}
        >
          Compare and search now
        </Button>
      </div>
      <section className="grid gap-2">
        <h3 className="font-medium">Parity</h3>
        {stream.parity.length === 0 ? (
          <p className="text-ink-2">Never compared: whether the mirror is right is not known.</p>
        ) : null}
        <ul className="divide-y border-t" aria-label="Comparisons">
          {stream.parity.map(run => (
            <Run key={run.id} run={run} />
          ))}
        </ul>
      </section>
      <section className="grid gap-2">
        <h3 className="font-medium">Leak scans</h3>
        {stream.leakScans.length === 0 ? <p className="text-ink-2">Never searched.</p> : null}
        <ul className="divide-y border-t" aria-label="Leak scans">
          {stream.leakScans.map(scan => (
            <Scan key={scan.id} scan={scan} />
          ))}
        </ul>
      </section>
    </div>
  );
}

function Run({ run }: { run: ParityRun }) {
  return (
    <li className="grid gap-1 py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Pill tone={tones[run.state]}>{run.state}</Pill>
        <span className="font-medium">{run.table}</span>
        <span className="num text-ink-2">
          {run.rows} rows in {run.chunks} chunks{run.differing > 0 ? `, ${run.differing} differ` : ''}
        </span>
        <span className="ml-auto text-ink-3 text-sm">
          <Time at={run.finishedAt ?? run.startedAt} />
        </span>
      </div>
      {run.message ? <p className="text-bad">{run.message}</p> : null}
      {run.ranges.slice(0, 20).map(range => (
        <p key={`${range.kind} ${range.from}`} className="font-mono text-sm">
          {range.kind}: {range.from === range.to ? range.from : `${range.from} to ${range.to}`} ({range.rows})
        </p>
      ))}
    </li>
  );
}

function Scan({ scan }: { scan: LeakScan }) {
  return (
    <li className="grid gap-1 py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Pill tone={scan.leaks.length > 0 ? 'bad' : 'ok'}>
          {scan.leaks.length > 0 ? `${scan.leaks.length} leaks` : 'nothing found'}
        </Pill>
        <span className="num text-ink-2">{scan.rows} rows searched</span>
        <span className="ml-auto text-ink-3 text-sm">
          <Time at={scan.at} />
        </span>
      </div>
      {scan.leaks.map(leak => (
        <p key={`${leak.table} ${leak.column} ${leak.kind}`} className="text-sm">
          <span className="font-medium">{leak.kind}</span> in {leak.table}.{leak.column}: {leak.rows} rows,
          first keys <span className="font-mono">{leak.keys.join('; ')}</span>
        </p>
      ))}
    </li>
  );
}
