'use client';

import { useQuery } from '@tanstack/react-query';
import type { Column } from '#components/console/data-table/column.ts';
import { DataTable } from '#components/console/data-table/data-table.tsx';
import { pageSize } from '#components/console/data-table/pages.ts';
import { useTableState } from '#components/console/data-table/state.ts';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Pill } from '#components/ui/pill.tsx';
import { incidentStates, severities } from '#server/governance/risk/schema/terms.ts';
import type { IncidentRow, ListIncidentsInput } from '#server/governance/risk/schema.ts';
import { IncidentPeek } from './incident-page.tsx';
import { severityTone, stateTone, stateWord } from './words.ts';

const facetIds = ['state', 'severity'] as const;

const columns: Column<IncidentRow>[] = [
  { id: 'title', label: 'Incident', width: 4, cell: row => <span className="font-medium">{row.title}</span> },
  { id: 'tenantId', label: 'Tenant', sort: 'tenantId', width: 2, wide: true, cell: row => row.tenantId },
  {
    id: 'severity',
    label: 'Severity',
    sort: 'severity',
    width: 1.5,
    wide: true,
    cell: row => <Pill tone={severityTone[row.severity]}>{row.severity}</Pill>,
  },
  {
    id: 'state',
    label: 'State',
    sort: 'state',
    width: 1.6,
    cell: row => <Pill tone={stateTone[row.state]}>{stateWord[row.state]}</Pill>,
  },
  {
    id: 'services',
    label: 'Services',
    width: 2,
    wide: true,
    cell: row => row.services.join(', ') || <span className="text-ink-2">none named</span>,
  },
  {
    id: 'alerts',
    label: 'Alerts',
    width: 1,
    wide: true,
    cell: row => <span className="num">{row.alerts}</span>,
  },
  {
    id: 'kind',
    label: 'World',
    width: 1.5,
    wide: true,
    cell: row => (row.simulated ? <SimulatedBadge /> : 'real'),
  },
  { id: 'openedAt', label: 'Opened', sort: 'openedAt', width: 1.6, cell: row => <Time at={row.openedAt} /> },
];

export function IncidentsPage() {
  const trpc = useTRPC();
  const table = useTableState({ sort: 'openedAt', dir: 'desc' }, facetIds);
  const { state } = table;
  const open = useQuery(trpc.risks.incidents.queryOptions({ state: ['open'], limit: 1, total: true }));
  const taken = useQuery(
    trpc.risks.incidents.queryOptions({ state: ['acknowledged'], limit: 1, total: true }),
  );
  const filter = {
    ...(state.search ? { search: state.search } : {}),
    ...(state.facets.state?.length ? { state: state.facets.state as IncidentRow['state'][] } : {}),
    ...(state.facets.severity?.length
      ? { severity: state.facets.severity as IncidentRow['severity'][] }
      : {}),
    sort: state.sort as ListIncidentsInput['sort'],
    dir: state.dir,
  };
  return (
    <>
      <IncidentsVerdict open={open.data?.total} taken={taken.data?.total} />
      <DataTable<IncidentRow>
        id="incidents"
        label="Incidents"
        table={table}
        columns={columns}
        facets={[
          { id: 'state', label: 'State', options: incidentStates.map(value => ({ value })) },
          { id: 'severity', label: 'Severity', options: severities.slice(2).map(value => ({ value })) },
        ]}
        page={(offset, total) =>
          trpc.risks.incidents.queryOptions({ ...filter, offset, limit: pageSize, total }) as never
        }
        rowId={row => `${row.tenantId}/${row.id}`}
        rowLabel={row => row.title}
        searchPlaceholder="Search incidents"
        empty={
          <EmptyState title="No incident yet">
            Alerts that belong together become one. A rule says for itself whether it raises an alert.
          </EmptyState>
        }
      />
      <IncidentPeek at={state.peek} onClose={() => void table.set({ peek: null })} />
    </>
  );
}

function IncidentsVerdict({ open, taken }: { open: number | undefined; taken: number | undefined }) {
  if (open === undefined || taken === undefined) return <Verdict>Reading the incidents …</Verdict>;
  return (
    <Verdict>
      {open === 0 ? (
        'No incident waits for anybody'
      ) : (
        <Phrase href="/governance/incidents?state=open" tone="bad">
          {`${open} ${open === 1 ? 'incident waits' : 'incidents wait'} for somebody`}
        </Phrase>
      )}
      {taken > 0 ? (
        <>
          {', '}
          <Phrase href="/governance/incidents?state=acknowledged" tone="watch">{`${taken} taken on`}</Phrase>
        </>
      ) : null}
      .
    </Verdict>
  );
}
