'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { Column } from '#components/console/data-table/column.ts';
import { DataTable } from '#components/console/data-table/data-table.tsx';
import { pageSize } from '#components/console/data-table/pages.ts';
import { useTableState } from '#components/console/data-table/state.ts';
import { Properties } from '#components/console/detail.tsx';
import { JsonView } from '#components/console/json-view.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { policyStates } from '#server/policy/hub/schema/terms.ts';
import type { ListPoliciesInput, PolicyRow } from '#server/policy/hub/schema.ts';
import { policyKindNames } from './kind-words.ts';
import { PolicyEditor } from './policy-editor.tsx';
import { PolicyState } from './policy-state.tsx';
import { Propagation } from './propagation.tsx';

const facetIds = ['kind', 'state'] as const;
const columns: Column<PolicyRow>[] = [
  {
    id: 'id',
    label: 'Policy',
    sort: 'id',
    width: 3,
    cell: row => <span className="font-medium">{row.id}</span>,
  },
  {
    id: 'kind',
    label: 'Kind',
    sort: 'kind',
    width: 2,
    wide: true,
    cell: row => policyKindNames[row.kind].label,
  },
  {
    id: 'state',
    label: 'State',
    sort: 'state',
    width: 1.6,
    least: 6.5,
    cell: row => <PolicyState state={row.state} />,
  },
  {
    id: 'scope',
    label: 'Scope',
    width: 2.4,
    wide: true,
    cell: row =>
      `${row.tenantId ?? 'all tenants'}, ${row.scope.regions.length === 0 ? 'everywhere' : row.scope.regions.join(', ')}`,
  },
  {
    id: 'version',
    label: 'Active version',
    width: 1.6,
    wide: true,
    cell: row => <span className="num">{row.activeVersion ?? 'none'}</span>,
  },
  {
    id: 'fleet',
    label: 'Held by',
    width: 1.6,
    cell: row => (
      <span className="num">{row.relays === 0 ? 'no relay' : `${row.holding} of ${row.relays}`}</span>
    ),
  },
  {
    id: 'updated',
    label: 'Changed',
    sort: 'updatedAt',
    width: 1.6,
    wide: true,
    cell: row => <Time at={row.updatedAt} />,
  },
];

export function PoliciesPage() {
  const trpc = useTRPC();
  const router = useRouter();
  const table = useTableState({ sort: 'id' }, facetIds);
  const [writing, setWriting] = useState(false);
  const why = useWhyNot('policy:write');
  const { state } = table;
  const filter = {
    ...(state.search ? { search: state.search } : {}),
    sort: state.sort as ListPoliciesInput['sort'],
    dir: state.dir,
    ...(state.facets.kind?.length ? { kind: state.facets.kind as PolicyRow['kind'][] } : {}),
    ...(state.facets.state?.length ? { state: state.facets.state as PolicyRow['state'][] } : {}),
  };
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <MeshVerdict />
        <Button kind="primary" className="ml-auto" why={why} onClick={() => setWriting(true)}>
          <Plus className="size-4" /> New policy
        </Button>
      </div>
      <Propagation />
      <DataTable<PolicyRow>
        id="policies"
        label="Policies"
        table={table}
        columns={columns}
        facets={[
          {
            id: 'kind',
            label: 'Kind',
            options: Object.entries(policyKindNames).map(([value, { label }]) => ({ value, label })),
          },
          { id: 'state', label: 'State', options: policyStates.map(value => ({ value })) },
        ]}
        page={(offset, total) =>
          trpc.policies.list.queryOptions({ ...filter, offset, limit: pageSize, total }) as never
        }
        rowId={row => row.id}
        searchPlaceholder="Search policies"
        empty={
          <EmptyState
            title="No policy yet"
            action={
              <Button kind="primary" why={why} onClick={() => setWriting(true)}>
                New policy
              </Button>
            }
          >
            A policy says what may happen where. It is signed here, verified at every relay, and active on all
            of them under one epoch.
          </EmptyState>
        }
      />
      <PolicyPeek id={state.peek} onClose={() => void table.set({ peek: null })} />
      <PolicyEditor open={writing} onOpenChange={setWriting} onDone={id => router.push(`/policies/${id}`)} />
    </>
  );
}

function PolicyPeek({ id, onClose }: { id: string | null; onClose: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const { data } = useQuery({ ...trpc.policies.get.queryOptions({ id: id ?? '' }), enabled: id !== null });
  return (
    <Drawer open={id !== null} onOpenChange={open => !open && onClose()} title={id ?? ''}>
      {data ? (
        <div className="grid gap-4">
          <Properties
            items={[
              ['State', <PolicyState key="s" state={data.state} />],
              ['Kind', policyKindNames[data.kind].label],
              ['Tenant', data.tenantId ?? 'all tenants'],
              ['Active version', data.activeVersion],
              ['Changed', <Time key="t" at={data.updatedAt} />],
            ]}
          />
          <JsonView value={data.document} />
          <Button onClick={() => router.push(`/policies/${data.id}`)}>Open policy</Button>
        </div>
      ) : null}
    </Drawer>
  );
}

function MeshVerdict() {
  const trpc = useTRPC();
  const { data } = useQuery({ ...trpc.policies.status.queryOptions({}), refetchInterval: 5000 });
  if (!data) return <Verdict>Reading the mesh …</Verdict>;
  const { relays, policies, sync } = data;
  return (
    <Verdict>
      {policies.active} {policies.active === 1 ? 'policy is' : 'policies are'} active on{' '}
      <Phrase href="/policies/relays" tone={relays.connected < relays.admitted ? 'watch' : 'plain'}>
        {`${relays.connected} of ${relays.admitted} relays`}
      </Phrase>
      {relays.pending > 0 ? (
        <>
          ,{' '}
          <Phrase
            href="/policies/relays?state=pending"
            tone="watch"
          >{`${relays.pending} wait for admission`}</Phrase>
        </>
      ) : null}
      {relays.quarantined > 0 ? (
        <>
          ,{' '}
          <Phrase
            href="/policies/relays?state=quarantined"
            tone="bad"
          >{`${relays.quarantined} in quarantine`}</Phrase>
        </>
      ) : null}
      {sync.p99 === null
        ? '. Nothing was published in the last day.'
        : `. In the last day a change was verified and active after ${ms(sync.p50)} at the median, ${ms(sync.p99)} at the slowest hundredth.`}
    </Verdict>
  );
}

const ms = (value: number | null) =>
  value === null
    ? 'an unknown time'
    : value < 1000
      ? `${Math.round(value)} ms`
      : `${(value / 1000).toFixed(1)} s`;
