'use client';

import { useRouter } from 'next/navigation';
import { parseAsString, useQueryState } from 'nuqs';
import type { Column } from '#components/console/data-table/column.ts';
import { DataTable } from '#components/console/data-table/data-table.tsx';
import { pageSize } from '#components/console/data-table/pages.ts';
import { useTableState } from '#components/console/data-table/state.ts';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { useScope } from '#components/platform/frame/scope.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { outcomes } from '#server/governance/reasoner/schema/terms.ts';
import type { DecisionRow, ListDecisionsInput } from '#server/governance/reasoner/schema.ts';
import { AskForm } from './ask-form.tsx';
import { HistoryCard } from './history-card.tsx';
import { outcomeTone, outcomeWord, percent } from './words.ts';

const facetIds = ['outcome'] as const;
const columns: Column<DecisionRow>[] = [
  { id: 'at', label: 'Asked', sort: 'at', width: 2, cell: row => <Time at={row.at} /> },
  { id: 'tenant', label: 'Tenant', sort: 'tenantId', width: 2, cell: row => row.tenantId },
  {
    id: 'best',
    label: 'First choice',
    width: 4,
    cell: row => row.best ?? <span className="text-ink-2">{row.reason}</span>,
  },
  {
    id: 'outcome',
    label: 'Answer',
    width: 2.5,
    wide: true,
    cell: row => <Pill tone={outcomeTone[row.outcome]}>{outcomeWord[row.outcome]}</Pill>,
  },
  {
    id: 'confidence',
    label: 'Confidence',
    sort: 'confidence',
    width: 1.5,
    align: 'end',
    cell: row => (row.outcome === 'ranked' ? percent(row.confidence) : '–'),
  },
  { id: 'service', label: 'Service', width: 2, wide: true, cell: row => row.service ?? 'none' },
  {
    id: 'kind',
    label: 'Kind',
    width: 1.5,
    wide: true,
    cell: row => (row.simulated ? <SimulatedBadge /> : 'real'),
  },
];

export function ProposalsPage() {
  const trpc = useTRPC();
  const router = useRouter();
  const { tenant } = useScope().scope;
  const [risk] = useQueryState('risk', parseAsString);
  const table = useTableState({ sort: 'at', dir: 'desc' }, facetIds);
  const { state } = table;
  const filter = {
    ...(tenant ? { tenant: [tenant] } : {}),
    ...(state.search ? { search: state.search } : {}),
    sort: state.sort as ListDecisionsInput['sort'],
    dir: state.dir,
    ...(state.facets.outcome?.length ? { outcome: state.facets.outcome as DecisionRow['outcome'][] } : {}),
  };
  return (
    <>
      <Verdict>What could be done about a risk, on which evidence, and what it would cost</Verdict>
      <AskForm {...(tenant ? { tenant } : {})} {...(risk ? { risk } : {})} />
      <DataTable<DecisionRow>
        id="proposals"
        label="Proposals"
        table={table}
        columns={columns}
        facets={[
          {
            id: 'outcome',
            label: 'Answer',
            options: outcomes.map(value => ({ value, label: outcomeWord[value] })),
          },
        ]}
        page={(offset, total) =>
          trpc.proposals.list.queryOptions({ ...filter, offset, limit: pageSize, total }) as never
        }
        rowId={row => row.id}
        narrowedBy={tenant ?? ''}
        exportHref={format =>
          `/api/export/proposals?format=${format}&input=${encodeURIComponent(JSON.stringify(filter))}`
        }
        searchPlaceholder="Search by tenant, service or score"
        empty={
          <EmptyState title="Nothing was asked yet">
            Choose a tenant above and ask: the answer is ranked plans with the events they stand on, or that
            the evidence is not enough.
          </EmptyState>
        }
      />
      <Drawer
        open={state.peek !== null}
        onOpenChange={open => !open && void table.set({ peek: null })}
        title="Answer"
      >
        {state.peek ? (
          <Button onClick={() => router.push(`/governance/proposals/${state.peek}`)}>Open the answer</Button>
        ) : null}
      </Drawer>
      <HistoryCard tenant={tenant ?? undefined} />
    </>
  );
}
