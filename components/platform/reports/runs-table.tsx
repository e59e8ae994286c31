'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import type { Column } from '#components/console/data-table/column.ts';
import { DataTable } from '#components/console/data-table/data-table.tsx';
import { type PageQuery, pageSize } from '#components/console/data-table/pages.ts';
import { useTableState } from '#components/console/data-table/state.ts';
import { DiffView } from '#components/console/diff-view.tsx';
import { JsonView } from '#components/console/json-view.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { phases } from '#server/platform/environment/schema/terms.ts';
import type { ListRunsInput, RunRow } from '#server/platform/reports/schema.ts';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';

const columns: Column<RunRow>[] = [
  {
    id: 'phase',
    label: 'Phase',
    sort: 'phase',
    width: 1,
    cell: run => <b className="font-medium">{run.phase}</b>,
  },
  { id: 'at', label: 'Made', sort: 'at', width: 2, cell: run => <Time at={run.at} /> },
  { id: 'passed', label: 'As expected', width: 2, align: 'end', cell: run => run.passed },
  {
    id: 'failed',
    label: 'Not',
    width: 1,
    align: 'end',
    cell: run => (run.failed > 0 ? <Pill tone="bad">{run.failed}</Pill> : 0),
  },
  { id: 'notBuilt', label: 'Not built', width: 2, align: 'end', wide: true, cell: run => run.notBuilt },
];
const facets = [{ id: 'phase', label: 'Phase', options: phases.map(value => ({ value })) }];

/** Every run there was. Open one to read it; keep one as the base to compare another with it. */
export function RunsTable() {
  const trpc = useTRPC();
  const table = useTableState({ sort: 'at', dir: 'desc' }, ['phase']);
  const [base, setBase] = useQueryState('base', parseAsString);
  const { state } = table;
  const page: PageQuery<RunRow> = (offset, total) =>
    trpc.reports.list.queryOptions({
      sort: state.sort as ListRunsInput['sort'],
      dir: state.dir,
      offset,
      total,
      limit: pageSize,
      ...(state.search ? { search: state.search } : {}),
      ...(state.facets.phase?.length ? { phase: state.facets.phase as ListRunsInput['phase'] } : {}),
    }) as unknown as ReturnType<PageQuery<RunRow>>;
  return (
    <>
      {base ? (
        <p className="mb-2 flex flex-wrap items-center gap-2 text-ink-2">
          The run you open is compared with the one you kept.
          <Button size="sm" onClick={() => void setBase(null)}>
            Stop comparing
          </Button>
        </p>
      ) : null}
      <DataTable
        id="report-runs"
        label="Report runs"
        columns={columns}
        facets={facets}
        table={table}
        page={page}
        rowId={run => run.id}
        searchPlaceholder="Phase"
        empty={<EmptyState title="No report yet">Choose a phase above and run its report.</EmptyState>}
      />
      <RunDrawer
        id={state.peek}
        base={base}
        onBase={id => void setBase(id)}
        onClose={() => void table.set({ peek: null })}
      />
    </>
  );
}

interface DrawerProps {
  id: string | null;
  base: string | null;
  onBase: (id: string) => void;
  onClose: () => void;
}

function RunDrawer({ id, base, onBase, onClose }: DrawerProps) {
  const trpc = useTRPC();
  const opened = useQuery(trpc.reports.get.queryOptions({ id: id ?? '' }, { enabled: id !== null }));
  const other = useQuery(
    trpc.reports.get.queryOptions({ id: base ?? '' }, { enabled: base !== null && id !== null }),
  );
  const run = opened.data;
  const comparing = base !== null && base !== id ? other.data : undefined;
  return (
    <Drawer
      open={id !== null}
      onOpenChange={open => !open && onClose()}
      title={run ? `${run.phase}, ${run.passed} of ${run.passed + run.failed} as expected` : 'Report'}
    >
      {opened.isPending ? <Skeleton className="h-40" /> : null}
      {opened.error ? <p className="text-bad">{messageOf(opened.error)}</p> : null}
      {run ? (
        <div className="grid gap-3">
          <ul className="divide-y">
            {run.snapshot.services.map(s => (
              <li key={s.id} className="flex flex-wrap items-center gap-2 py-1.5">
                <span className="font-mono text-sm">{s.id}</span> {s.title}
                <span className="ml-auto">
                  <Pill tone={s.outcome === 'verified' ? 'ok' : s.outcome === 'failed' ? 'bad' : 'idle'}>
                    {s.outcome === 'not_built' ? 'not built' : `${s.passed} of ${s.passed + s.failed}`}
                  </Pill>
                </span>
              </li>
            ))}
          </ul>
          <Button size="sm" onClick={() => onBase(run.id)}>
            Keep to compare with another
          </Button>
          {comparing ? (
            <section aria-label="Comparison">
              <h3 className="mb-1 font-medium">
                {comparing.phase} of <Time at={comparing.at} />, then {run.phase} of <Time at={run.at} />
              </h3>
              <DiffView before={compared(comparing.snapshot)} after={compared(run.snapshot)} />
            </section>
          ) : (
            <JsonView value={run.snapshot} />
          )}
        </div>
      ) : null}
    </Drawer>
  );
}

/** By name instead of by position, without what differs in every run. */
function compared(snapshot: {
  services: { id: string }[];
  reports: unknown;
  signature?: unknown;
  generated_at: unknown;
  ledger_checkpoint: unknown;
}) {
  const { reports, signature, generated_at, ledger_checkpoint, services, ...rest } = snapshot;
  return { ...rest, services: Object.fromEntries(services.map(s => [s.id, s])) };
}
