'use client';

import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import type { Column } from '#components/console/data-table/column.ts';
import { DataTable } from '#components/console/data-table/data-table.tsx';
import { pageSize } from '#components/console/data-table/pages.ts';
import { useTableState } from '#components/console/data-table/state.ts';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { useDownRegions } from '#components/federation/edge-routing/down-regions.ts';
import { FailoverPhrase } from '#components/federation/edge-routing/failover-phrase.tsx';
import { useFlows } from '#components/federation/replication/flows.ts';
import { useRegionScope, within } from '#components/platform/frame/scope.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { regionEnvironments, regionStates } from '#server/federation/regions/schema/terms.ts';
import type { ListRegionsInput, RegionRow } from '#server/federation/regions/schema.ts';
import { RegionKind } from './region-kind.tsx';
import { RegionMap } from './region-map.tsx';
import { RegionProperties } from './region-properties.tsx';
import { RegionState } from './region-state.tsx';
import { databaseDown, standingOf } from './standing.ts';

const facetIds = ['state', 'environment'] as const;
const columns: Column<RegionRow>[] = [
  {
    id: 'id',
    label: 'Region',
    sort: 'id',
    width: 3,
    cell: row => <span className="font-medium">{row.id}</span>,
  },
  { id: 'state', label: 'State', sort: 'state', width: 2, cell: row => <RegionState region={row} /> },
  {
    id: 'country',
    label: 'Country',
    sort: 'country',
    width: 1.5,
    wide: true,
    cell: row => row.country ?? 'not stated',
  },
  {
    id: 'environment',
    label: 'Environment',
    sort: 'environment',
    width: 2,
    wide: true,
    cell: row => row.environment,
  },
  {
    id: 'kind',
    label: 'Kind',
    width: 2,
    wide: true,
    cell: row => <RegionKind database={row.database} />,
  },
  {
    id: 'heard',
    label: 'Last heard',
    sort: 'heardAt',
    width: 2,
    cell: row => (row.heardAt === null ? 'never' : <Time at={row.heardAt} />),
  },
  {
    id: 'updated',
    label: 'Changed',
    sort: 'updatedAt',
    width: 2,
    wide: true,
    cell: row => <Time at={row.updatedAt} />,
  },
];

export function RegionsPage() {
  const trpc = useTRPC();
  const router = useRouter();
  const table = useTableState({ sort: 'id' }, facetIds);
  const scope = useRegionScope();
  const { data: all } = useQuery(trpc.regions.list.queryOptions({ ...scope, limit: 500 }));
  const { state } = table;
  const kinds = within(state.facets.environment, scope.environment);
  const filter = {
    ...scope,
    ...(state.search ? { search: state.search } : {}),
    sort: state.sort as ListRegionsInput['sort'],
    dir: state.dir,
    ...(state.facets.state?.length ? { state: state.facets.state as RegionRow['state'][] } : {}),
    ...(kinds === null ? { id: [] } : kinds ? { environment: kinds as RegionRow['environment'][] } : {}),
  };
  const flows = useFlows();
  const peeked = all?.rows.find(row => row.id === state.peek);
  return (
    <>
      <RegionsVerdict rows={all?.rows} />
      <RegionMap rows={all?.rows ?? []} flows={flows} />
      <DataTable<RegionRow>
        id="regions"
        label="Regions"
        table={table}
        columns={columns}
        facets={[
          { id: 'state', label: 'State', options: regionStates.map(value => ({ value })) },
          { id: 'environment', label: 'Environment', options: regionEnvironments.map(value => ({ value })) },
        ]}
        page={(offset, total) =>
          trpc.regions.list.queryOptions({ ...filter, offset, limit: pageSize, total }) as never
        }
        rowId={row => row.id}
        narrowedBy={JSON.stringify(scope) === '{}' ? '' : JSON.stringify(scope)}
        searchPlaceholder="Search regions"
        exportHref={format =>
          `/api/export/regions?format=${format}&input=${encodeURIComponent(JSON.stringify(filter))}`
        }
        empty={
          <EmptyState title="No region is registered yet">
            A region joins by sending a registration signed with its own key to port 8401. See the API
            reference.
          </EmptyState>
        }
      />
      <Drawer
        open={peeked !== undefined}
        onOpenChange={open => !open && void table.set({ peek: null })}
        title={peeked?.id ?? ''}
      >
        {peeked ? (
          <div className="grid gap-4">
            <RegionProperties region={peeked} />
            <Button onClick={() => router.push(`/federation/regions/${peeked.id}`)}>Open region</Button>
          </div>
        ) : null}
      </Drawer>
    </>
  );
}

function RegionsVerdict({ rows }: { rows: RegionRow[] | undefined }) {
  const down = useDownRegions();
  if (!rows) return <Verdict>Reading the regions …</Verdict>;
  if (rows.length === 0) return <Verdict>No region is registered yet.</Verdict>;
  const active = rows.filter(row => standingOf(row, down) === 'active').length;
  const lost = rows.filter(row => standingOf(row, down) === databaseDown);
  const others = regionStates
    .filter(state => state !== 'active' && state !== 'retired')
    .flatMap(state => {
      const n = rows.filter(row => standingOf(row, down) === state).length;
      return n > 0 ? [{ state, n }] : [];
    });
  return (
    <Verdict>
      {rows.length === 1
        ? `One region, ${active === 1 ? 'active' : 'not active'}`
        : `${active} of ${rows.length} regions ${active === 1 ? 'is' : 'are'} active`}
      {others.map(({ state, n }) => (
        <span key={state}>
          ,{' '}
          <Phrase
            href={`/federation/regions?state=${state}`}
            tone={state === 'unreachable' ? 'bad' : 'watch'}
          >{`${n} ${state}`}</Phrase>
        </span>
      ))}
      {lost.map(row => (
        <span key={row.id}>
          ,{' '}
          <Phrase
            href={`/federation/regions/${row.id}`}
            tone="bad"
          >{`the database of ${row.id} is down`}</Phrase>
        </span>
      ))}
      . <FailoverPhrase regions={rows} />
    </Verdict>
  );
}
