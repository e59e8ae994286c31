'use client';

import { useQuery } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import type { Column } from '#components/console/data-table/column.ts';
import { DataTable } from '#components/console/data-table/data-table.tsx';
import { pageSize } from '#components/console/data-table/pages.ts';
import { useTableState } from '#components/console/data-table/state.ts';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { useScope } from '#components/platform/frame/scope.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import {
  executionStates,
  runningStates,
  tiers,
  waitingStates,
} from '#server/governance/actions/schema/states.ts';
import type { ExecutionRow, ListExecutionsInput } from '#server/governance/actions/schema.ts';
import { ExecutionForm } from './execution-form.tsx';
import { ExecutionState, TierMark } from './execution-state.tsx';

const facetIds = ['state', 'tier'] as const;
const columns: Column<ExecutionRow>[] = [
  {
    id: 'title',
    label: 'Execution',
    width: 4,
    cell: row => (
      <span className="flex min-w-0 items-center gap-2">
        <span className="num shrink-0 font-mono text-ink-3 text-sm">{row.id}</span>
        <Link href={`/governance/executions/${row.id}`} className="truncate font-medium hover:underline">
          {row.title}
        </Link>
      </span>
    ),
  },
  {
    id: 'state',
    label: 'State',
    sort: 'state',
    width: 2,
    least: 10,
    cell: row => <ExecutionState state={row.state} dryRun={row.dryRun} />,
  },
  { id: 'tenant', label: 'Tenant', sort: 'tenantId', width: 1.6, wide: true, cell: row => row.tenantId },
  {
    id: 'tier',
    label: 'Risk',
    sort: 'tier',
    width: 1.5,
    wide: true,
    cell: row => <TierMark tier={row.tier} />,
  },
  {
    id: 'kind',
    label: 'Kind',
    width: 1.6,
    wide: true,
    cell: row => (row.simulated ? <SimulatedBadge /> : row.dryRun ? 'dry run' : 'real'),
  },
  { id: 'by', label: 'Asked by', width: 1.6, wide: true, cell: row => row.requester },
  { id: 'at', label: 'Asked', sort: 'requestedAt', width: 1.5, cell: row => <Time at={row.requestedAt} /> },
];

export function ExecutionsPage() {
  const trpc = useTRPC();
  const router = useRouter();
  const { scope } = useScope();
  const table = useTableState({ sort: 'requestedAt', dir: 'desc' }, facetIds);
  const [asking, setAsking] = useState(false);
  const why = useWhyNot('action:execute');
  const { state } = table;
  const { peek } = state;
  // A row opens its own page: there is too much of it for a drawer.
  useEffect(() => {
    if (peek) router.replace(`/governance/executions/${peek}`);
  }, [peek, router]);
  const filter = {
    ...(state.search ? { search: state.search } : {}),
    ...(state.facets.state?.length ? { state: state.facets.state as ExecutionRow['state'][] } : {}),
    ...(state.facets.tier?.length ? { tier: state.facets.tier as ExecutionRow['tier'][] } : {}),
    ...(scope.tenant === null ? {} : { tenant: [scope.tenant] }),
    sort: state.sort as ListExecutionsInput['sort'],
    dir: state.dir,
  };
  const ask = (
    <Button kind="primary" why={why} onClick={() => setAsking(true)}>
      <Play className="size-4" aria-hidden /> Act
    </Button>
  );
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <ExecutionsVerdict />
        <div className="ml-auto flex gap-2">
          <Button onClick={() => router.push('/governance/executions/guards')}>Guards</Button>
          {ask}
        </div>
      </div>
      <DataTable<ExecutionRow>
        id="executions"
        label="Executions"
        table={table}
        columns={columns}
        facets={[
          { id: 'state', label: 'State', options: executionStates.map(value => ({ value })) },
          { id: 'tier', label: 'Risk', options: tiers.map(value => ({ value })) },
        ]}
        page={(offset, total) =>
          trpc.actions.list.queryOptions({ ...filter, offset, limit: pageSize, total }) as never
        }
        rowId={row => row.id}
        rowLabel={row => row.title}
        narrowedBy={scope.tenant ?? ''}
        searchPlaceholder="Search executions"
        empty={
          <EmptyState title="Nothing was carried out yet" action={ask}>
            Every action on a service, a node or a region runs here: previewed, kept, signed, measured, and
            taken back where it did not work.
          </EmptyState>
        }
      />
      <ExecutionForm
        open={asking}
        onOpenChange={setAsking}
        onAsked={id => router.push(`/governance/executions/${id}`)}
      />
    </>
  );
}

function ExecutionsVerdict() {
  const trpc = useTRPC();
  const { data: guards } = useQuery(trpc.actions.guards.queryOptions({}));
  const count = (state: readonly ExecutionRow['state'][]) =>
    trpc.actions.list.queryOptions({ state: [...state], limit: 1, total: true });
  const { data: waiting } = useQuery(count(waitingStates));
  const { data: running } = useQuery(count(runningStates));
  const killed = guards?.guards.find(guard => guard.killed);
  if (killed)
    return (
      <Verdict>
        <Phrase href="/governance/executions/guards" tone="bad">
          The kill switch {killed.tenantId === '*' ? 'of the installation' : `of ${killed.tenantId}`} is
          engaged
        </Phrase>
        : nothing begins.
      </Verdict>
    );
  if (!waiting || !running) return <Verdict>Reading the executions …</Verdict>;
  const frozen = guards?.freezes.find(freeze => freeze.active);
  return (
    <Verdict>
      {running.total
        ? `${running.total} ${running.total === 1 ? 'execution is' : 'executions are'} under way`
        : 'Nothing is being changed'}
      {waiting.total ? (
        <>
          ,{' '}
          <Link href="/governance/executions?state=waiting,undecided" className="link text-watch">
            {waiting.total} {waiting.total === 1 ? 'waits' : 'wait'} for people
          </Link>
        </>
      ) : null}
      {frozen ? (
        <>
          ;{' '}
          <Phrase href="/governance/executions/guards" tone="watch">
            changes {frozen.tenantId === '*' ? '' : `of ${frozen.tenantId} `}are frozen
          </Phrase>
        </>
      ) : null}
      .
    </Verdict>
  );
}
