'use client';

import { useQuery } from '@tanstack/react-query';
import { Radio, X } from 'lucide-react';
import { parseAsBoolean, useQueryState } from 'nuqs';
import type { Column } from '#components/console/data-table/column.ts';
import { DataTable } from '#components/console/data-table/data-table.tsx';
import { pageSize } from '#components/console/data-table/pages.ts';
import { EmptyState, NoPermission } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { useMe } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { severities } from '#server/governance/observability/schema/terms.ts';
import type { SearchResult } from '#server/governance/observability/schema.ts';
import { EventDrawer, rowKey } from './event-drawer.tsx';
import { Histogram } from './histogram.tsx';
import { LiveTail } from './live-tail.tsx';
import { SeverityMark } from './severity-mark.tsx';
import { spans, useTelemetryFilter } from './telemetry-filter.ts';

type Row = SearchResult['rows'][number];

const columns: Column<Row>[] = [
  { id: 'ts', label: 'When', width: 1.3, least: 5.5, cell: row => <Time at={row.ts} /> },
  {
    id: 'severity',
    label: 'Severity',
    width: 1.2,
    least: 5.5,
    cell: row => <SeverityMark severity={row.severity} />,
  },
  {
    id: 'message',
    label: 'Message',
    width: 6,
    least: 9.5,
    cell: row => <span className="font-mono text-sm">{row.message ?? row.event}</span>,
  },
  { id: 'event', label: 'Event', width: 1.8, wide: true, cell: row => row.event },
  { id: 'service', label: 'Service', width: 2, wide: true, cell: row => row.service ?? 'none' },
  { id: 'tenant', label: 'Tenant', width: 1.8, wide: true, cell: row => row.tenantId },
  { id: 'region', label: 'Region', width: 1.4, wide: true, cell: row => row.region ?? 'none' },
];

export function TelemetryPage() {
  const may = useMe().permissions.includes('telemetry:read');
  if (!may)
    return (
      <NoPermission title="Telemetry is not open to you">
        You lack the permission telemetry:read.
      </NoPermission>
    );
  return <Telemetry />;
}

function Telemetry() {
  const trpc = useTRPC();
  const page = useTelemetryFilter();
  const { table, filter, around, time, setTime } = page;
  const [tail, setTail] = useQueryState('tail', parseAsBoolean.withDefault(false));
  const { data: facets } = useQuery({
    ...trpc.telemetry.facets.queryOptions(around),
    placeholderData: before => before,
  });
  const options = (counts: Record<string, number> | undefined) =>
    Object.entries(counts ?? {})
      .sort(([, a], [, b]) => b - a)
      .map(([value, count]) => ({ value, count }));
  const narrowed = time.from !== null && time.to !== null;
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <TelemetryVerdict counts={facets?.severity} narrowed={narrowed} hours={time.hours} />
        <div className="ml-auto flex flex-wrap gap-2">
          {narrowed ? (
            <Button size="sm" onClick={() => void setTime({ from: null, to: null })}>
              <X className="size-3.5" /> {time.from?.slice(11, 16)} to {time.to?.slice(11, 16)}
            </Button>
          ) : null}
          {spans.map(({ hours, label }) => (
            <Button
              key={hours}
              size="sm"
              kind={!narrowed && time.hours === hours ? 'primary' : 'quiet'}
              aria-pressed={!narrowed && time.hours === hours}
              onClick={() => void setTime({ hours, from: null, to: null })}
            >
              {label}
            </Button>
          ))}
          <Button
            size="sm"
            kind={tail ? 'primary' : 'plain'}
            aria-pressed={tail}
            onClick={() => void setTail(tail ? null : true)}
          >
            <Radio className="size-3.5" /> Tail
          </Button>
        </div>
      </div>
      <Histogram page={page} />
      {tail ? <LiveTail page={page} onOpen={key => void table.set({ peek: key })} /> : null}
      <WordsSince filter={filter} />
      <DataTable<Row>
        id="telemetry"
        label="Events"
        table={table}
        columns={columns}
        facets={[
          {
            id: 'severity',
            label: 'Severity',
            options: severities.toReversed().map(value => ({ value, count: facets?.severity[value] ?? 0 })),
          },
          { id: 'tenant', label: 'Tenant', options: options(facets?.tenant) },
          { id: 'service', label: 'Service', options: options(facets?.service) },
          { id: 'region', label: 'Region', options: options(facets?.region) },
        ]}
        page={offset => trpc.telemetry.search.queryOptions({ ...filter, offset, limit: pageSize }) as never}
        rowId={rowKey}
        searchPlaceholder="Search by words or by meaning"
        narrowedBy={JSON.stringify([time, around])}
        empty={
          <EmptyState title="No event in this time">
            Send some to port 8801 at /ingest/event, or connect a source. Nothing older than retention allows
            is kept.
          </EmptyState>
        }
      />
      <EventDrawer rowKey={table.state.peek} onClose={() => void table.set({ peek: null })} />
    </>
  );
}

/** A search that did not look at everything says so. */
function WordsSince({ filter }: { filter: ReturnType<typeof useTelemetryFilter>['filter'] }) {
  const trpc = useTRPC();
  const { data } = useQuery({
    ...trpc.telemetry.search.queryOptions({ ...filter, offset: 0, limit: pageSize }),
    enabled: Boolean(filter.q),
  });
  if (!filter.q || !data?.wordsSince) return null;
  return (
    <p role="status" className="text-ink-2">
      Templates of the whole time were ranked; parts of values were looked for in the newest 20,000 events
      only, since <Time at={data.wordsSince} />. Choose a service or a shorter time to look through the rest.
    </p>
  );
}

function TelemetryVerdict({
  counts,
  narrowed,
  hours,
}: {
  counts: Record<string, number> | undefined;
  narrowed: boolean;
  hours: number;
}) {
  if (!counts) return <Verdict>Reading what came in …</Verdict>;
  const all = Object.values(counts).reduce((a, b) => a + b, 0);
  const grave = (counts.high ?? 0) + (counts.critical ?? 0);
  const when = narrowed
    ? 'in the time chosen'
    : `in the last ${spans.find(s => s.hours === hours)?.label.toLowerCase() ?? `${hours} hours`}`;
  if (all === 0) return <Verdict>Nothing came in {when}.</Verdict>;
  return (
    <Verdict>
      {all.toLocaleString('en')} {all === 1 ? 'event' : 'events'} arrived {when};{' '}
      {grave === 0
        ? 'none of them is grave.'
        : `${grave.toLocaleString('en')} of them ${grave === 1 ? 'is' : 'are'} high or critical.`}
    </Verdict>
  );
}
