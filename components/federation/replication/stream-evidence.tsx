'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
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
  const begin = async (whole: boolean) => {
    try {
      await verify.mutateAsync({ id: stream.id, whole });
      await queries.invalidateQueries({ queryKey: trpc.replication.pathKey() });
    } catch (failed) {
      toast.error(messageOf(failed));
    }
  };
  const closed = why ?? (stream.state === 'active' ? null : 'Only an active stream can be compared.');
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center gap-3">
        <p className="max-w-2xl text-ink-2">
          Rows are compared in chunks by hash on both servers; what differs is named by its keys. The search
          looks at every row for personal columns and for whatever has the form of an address or a number, and
          for values of the publisher’s personal columns: at most 2,000 of each, or all of them in chunks.
          Values of up to three characters are not looked for. Found values are never shown.
        </p>
        <span className="ml-auto flex flex-wrap gap-2">
          <Button why={closed} busy={verify.isPending} onClick={() => void begin(false)}>
            Compare and search now
          </Button>
          <Button why={closed} busy={verify.isPending} onClick={() => void begin(true)}>
            Compare and search for every value
          </Button>
        </span>
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

/** How much of what could be found was looked for: a sample says which share it was. */
function lookedAt({ rows, looked, whole, state, chunks }: LeakScan): string {
  const forms = `${rows.toLocaleString('en')} rows searched by form`;
  if (looked === null) return `${forms}; how many values were looked for was not written down`;
  const values = looked.reduce((sum, one) => sum + one.values, 0);
  const of = looked.reduce((sum, one) => sum + one.of, 0);
  const share = of === 0 ? '' : ` (${Math.floor((values / of) * 100)} %)`;
  const way = whole ? `${state === 'running' ? ', still running' : ''}, in ${chunks} chunks` : '';
  return `${forms}; ${values.toLocaleString('en')} of ${of.toLocaleString('en')} personal values${share}${way}`;
}

function Scan({ scan }: { scan: LeakScan }) {
  return (
    <li className="grid gap-1 py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Pill tone={scan.leaks.length > 0 ? 'bad' : scan.state === 'running' ? 'watch' : 'ok'}>
          {scan.leaks.length > 0
            ? `${scan.leaks.length} leaks`
            : scan.state === 'running'
              ? 'nothing found yet'
              : 'nothing found'}
        </Pill>
        <span className="num text-ink-2">{lookedAt(scan)}</span>
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
