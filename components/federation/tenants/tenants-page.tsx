'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { Column } from '#components/console/data-table/column.ts';
import { DataTable } from '#components/console/data-table/data-table.tsx';
import { pageSize } from '#components/console/data-table/pages.ts';
import { useTableState } from '#components/console/data-table/state.ts';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { useTenantScope, within } from '#components/platform/frame/scope.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { environments, tenantStates, tiers } from '#server/federation/tenants/schema/terms.ts';
import type { ListTenantsInput, TenantRow } from '#server/federation/tenants/schema.ts';
import { TenantForm } from './tenant-form.tsx';
import { TenantPeek } from './tenant-peek.tsx';
import { TenantState } from './tenant-state.tsx';
import { useTenantsBulk } from './tenants-bulk.tsx';

const facetIds = ['state', 'environment', 'tier', 'region'] as const;
const columns: Column<TenantRow>[] = [
  {
    id: 'name',
    label: 'Tenant',
    sort: 'name',
    width: 3,
    cell: row => <span className="font-medium">{row.name}</span>,
  },
  {
    id: 'id',
    label: 'Slug',
    sort: 'id',
    width: 2.4,
    wide: true,
    cell: row => <span className="font-mono text-ink-2 text-sm">{row.id}</span>,
  },
  {
    id: 'state',
    label: 'State',
    sort: 'state',
    width: 2,
    least: 7,
    cell: row => <TenantState state={row.state} />,
  },
  { id: 'tier', label: 'Tier', sort: 'tier', width: 1.5, wide: true, cell: row => row.tier },
  {
    id: 'region',
    label: 'Home region',
    sort: 'homeRegion',
    width: 2,
    wide: true,
    cell: row => row.homeRegion,
  },
  {
    id: 'kind',
    label: 'Environment',
    width: 2,
    wide: true,
    cell: row => (row.simulated ? <SimulatedBadge /> : row.environment),
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

export function TenantsPage() {
  const trpc = useTRPC();
  const router = useRouter();
  const table = useTableState({ sort: 'name' }, facetIds);
  const scope = useTenantScope();
  const [creating, setCreating] = useState(false);
  const why = useWhyNot('tenant:write');
  const { data: facets } = useQuery(trpc.tenants.facets.queryOptions(scope));
  const { state } = table;
  const regions = within(state.facets.region, scope.region);
  const kinds = within(state.facets.environment, scope.environment);
  const matching = {
    ...(state.search ? { search: state.search } : {}),
    ...(state.facets.state?.length ? { state: state.facets.state as TenantRow['state'][] } : {}),
    ...(kinds ? { environment: kinds as TenantRow['environment'][] } : {}),
    ...(state.facets.tier?.length ? { tier: state.facets.tier as TenantRow['tier'][] } : {}),
    ...(regions ? { region: [...regions] } : {}),
    ...(regions === null || kinds === null ? { id: [] } : scope.id ? { id: scope.id } : {}),
  };
  const filter = { ...matching, sort: state.sort as ListTenantsInput['sort'], dir: state.dir };
  const bulk = useTenantsBulk(matching);
  const options = (values: readonly string[], counts: Record<string, number> | undefined) =>
    values.map(value => ({ value, count: counts?.[value] ?? 0 }));
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <TenantsVerdict facets={facets} />
        <Button kind="primary" className="ml-auto" why={why} onClick={() => setCreating(true)}>
          <Plus className="size-4" /> New tenant
        </Button>
      </div>
      <DataTable<TenantRow>
        id="tenants"
        label="Tenants"
        table={table}
        columns={columns}
        facets={[
          { id: 'state', label: 'State', options: options(tenantStates, facets?.state) },
          { id: 'environment', label: 'Environment', options: options(environments, facets?.environment) },
          { id: 'tier', label: 'Tier', options: options(tiers, facets?.tier) },
          {
            id: 'region',
            label: 'Region',
            options: options(Object.keys(facets?.region ?? {}).sort(), facets?.region),
          },
        ]}
        page={(offset, total) =>
          trpc.tenants.list.queryOptions({ ...filter, offset, limit: pageSize, total }) as never
        }
        rowId={row => row.id}
        rowLabel={row => row.name}
        bulk={bulk.actions}
        narrowedBy={JSON.stringify(scope) === '{}' ? '' : JSON.stringify(scope)}
        searchPlaceholder="Search tenants"
        exportHref={format =>
          `/api/export/tenants?format=${format}&input=${encodeURIComponent(JSON.stringify(filter))}`
        }
        empty={
          <EmptyState
            title="No tenant yet"
            action={
              <Button kind="primary" why={why} onClick={() => setCreating(true)}>
                New tenant
              </Button>
            }
          >
            A tenant is an organisation whose data lives somewhere: make the first one and say where.
          </EmptyState>
        }
      />
      {bulk.dialog}
      <TenantPeek id={state.peek} onClose={() => void table.set({ peek: null })} />
      <TenantForm
        open={creating}
        onOpenChange={setCreating}
        onDone={tenant => router.push(`/federation/tenants/${tenant.id}`)}
      />
    </>
  );
}

function TenantsVerdict({ facets }: { facets: { state: Record<string, number> } | undefined }) {
  if (!facets) return <Verdict>Reading the tenants …</Verdict>;
  const { active = 0, suspended = 0 } = facets.state;
  if (active + suspended === 0) return <Verdict>No tenant yet.</Verdict>;
  return (
    <Verdict>
      <Phrase href="/federation/tenants?state=active">{`${active.toLocaleString('en')} ${active === 1 ? 'tenant is' : 'tenants are'} active`}</Phrase>
      {suspended > 0 ? (
        <>
          ,{' '}
          <Phrase
            href="/federation/tenants?state=suspended"
            tone="watch"
          >{`${suspended.toLocaleString('en')} suspended`}</Phrase>
        </>
      ) : (
        ', none suspended'
      )}
      .
    </Verdict>
  );
}
