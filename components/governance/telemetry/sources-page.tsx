'use client';

import { useQuery } from '@tanstack/react-query';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState, ErrorState, NoPermission } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { useMe } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import type { SourceView } from '#server/governance/observability/schema.ts';

const tones: Record<SourceView['state'], Tone> = {
  ok: 'ok',
  failing: 'bad',
  silent: 'watch',
  done: 'idle',
  retired: 'idle',
};

export function SourcesPage() {
  const may = useMe().permissions.includes('telemetry:sources');
  if (!may)
    return (
      <NoPermission title="Sources are not open to you">
        You lack the permission telemetry:sources.
      </NoPermission>
    );
  return <Sources />;
}

function Sources() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery({
    ...trpc.telemetry.sources.queryOptions(),
    refetchInterval: 5000,
  });
  const { data: status } = useQuery({ ...trpc.telemetry.status.queryOptions(), refetchInterval: 30_000 });
  if (error && !data)
    return (
      <ErrorState
        title="The sources could not be read"
        action={<Button onClick={() => void refetch()}>Try again</Button>}
      >
        {messageOf(error)}
      </ErrorState>
    );
  return (
    <>
      <SourcesVerdict rows={data?.rows} />
      {!data ? (
        <Skeleton className="h-40 w-full" />
      ) : data.rows.length === 0 ? (
        <EmptyState title="Nothing has been pulled yet">
          The worker pulls from everything that is connected a few seconds after it starts. Events may also be
          sent to port 8801.
        </EmptyState>
      ) : (
        <ul className="grid grid-cols-[repeat(auto-fit,minmax(min(100%,20rem),1fr))] gap-3">
          {data.rows.map(row => (
            <li key={row.id}>
              <SourceCard source={row} />
            </li>
          ))}
        </ul>
      )}
      <Card title="Connections">
        <ul className="divide-y px-3.5 py-1">
          {(data?.gateways ?? []).map(g => (
            <li key={g.name} className="flex flex-wrap items-baseline gap-x-3 gap-y-1 py-2">
              <span className="font-medium">{g.title}</span>
              {g.state === 'real' ? <Pill tone="ok">real</Pill> : <SimulatedBadge />}
              <span className="text-ink-2">{g.reason}</span>
            </li>
          ))}
        </ul>
      </Card>
      {status ? (
        <Card title="What is kept" end={`${status.kept.days} days, from ${status.kept.from}`}>
          <ScrollArea label="Kept days" className="p-3.5">
            <table className="num w-full text-sm">
              <caption className="sr-only">Partitions by day</caption>
              <thead className="text-left text-ink-2">
                <tr>
                  <th className="py-1 pr-4 font-medium">Day</th>
                  <th className="pr-4 font-medium">Table</th>
                  <th className="pr-4 text-right font-medium">Rows, about</th>
                  <th className="text-right font-medium">Size</th>
                </tr>
              </thead>
              <tbody>
                {status.partitions.toReversed().map(p => (
                  <tr key={`${p.parent}${p.day}`} className="border-t">
                    <td className="py-1 pr-4 whitespace-nowrap">{p.day}</td>
                    <td className="pr-4">{p.parent === 'telemetry_event' ? 'Events' : 'Metrics'}</td>
                    <td className="pr-4 text-right">{p.rows.toLocaleString('en')}</td>
                    <td className="text-right whitespace-nowrap">{(p.bytes / 1024 / 1024).toFixed(1)} MiB</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollArea>
        </Card>
      ) : null}
    </>
  );
}

function SourcesVerdict({ rows }: { rows: SourceView[] | undefined }) {
  if (!rows) return <Verdict>Reading the sources …</Verdict>;
  const bad = rows.filter(row => row.state === 'failing' || row.state === 'silent');
  const active = rows.filter(row => row.state !== 'done' && row.state !== 'retired');
  if (active.length === 0) return <Verdict>Nothing is being pulled.</Verdict>;
  return (
    <Verdict>
      {bad.length === 0
        ? active.length === 1
          ? 'The one source is being read'
          : active.length === 2
            ? 'Both sources are being read'
            : `All ${active.length} sources are being read`
        : `${bad.length} of ${active.length} sources need a look: ${bad.map(b => b.title).join(', ')}`}
      ; what they brought is in <Phrase href="/governance/telemetry">telemetry</Phrase>.
    </Verdict>
  );
}

function SourceCard({ source }: { source: SourceView }) {
  const { title, state, simulated, pulled, errors, lagSeconds, lastOkAt, lastError, lastErrorAt, kind } =
    source;
  return (
    <article className="grid h-full content-start gap-2 rounded-lg border bg-surface p-3.5 shadow-card">
      <header className="flex flex-wrap items-center gap-2">
        <h2 className="font-semibold [overflow-wrap:anywhere]">{title}</h2>
        <Pill tone={tones[state]}>{state === 'retired' ? 'no longer configured' : state}</Pill>
        {simulated ? <SimulatedBadge /> : null}
      </header>
      <dl className="num grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        <dt className="text-ink-2">Brings</dt>
        <dd>{kind}</dd>
        <dt className="text-ink-2">Taken</dt>
        <dd>{pulled.toLocaleString('en')}</dd>
        <dt className="text-ink-2">Could not be placed</dt>
        <dd>{source.rejected.toLocaleString('en')}</dd>
        <dt className="text-ink-2">Behind</dt>
        <dd>{lagSeconds === null ? 'not measured' : `${Math.round(lagSeconds).toLocaleString('en')} s`}</dd>
        <dt className="text-ink-2">Last read</dt>
        <dd>{lastOkAt ? <Time at={lastOkAt} /> : 'never'}</dd>
        <dt className="text-ink-2">Errors</dt>
        <dd>{errors.toLocaleString('en')}</dd>
      </dl>
      {source.retiredAt ? (
        <p className="text-ink-2">
          The configuration names it no longer, as was seen <Time at={source.retiredAt} />.
        </p>
      ) : null}
      {source.lastRejection && source.lastRejectedAt ? (
        <div className="grid gap-1 text-ink-2">
          <p>
            Left out last, <Time at={source.lastRejectedAt} />: {source.lastRejection}
          </p>
          {source.lastRejectedSample ? (
            <p className="font-mono text-xs [overflow-wrap:anywhere]">{source.lastRejectedSample}</p>
          ) : null}
        </div>
      ) : null}
      {lastError && lastErrorAt ? (
        <p className={state === 'failing' ? 'text-bad' : 'text-ink-2'}>
          {lastError} (<Time at={lastErrorAt} />)
        </p>
      ) : null}
    </article>
  );
}
