'use client';

import { Button } from '#components/ui/button.tsx';
import { DataTable } from '../data-table/data-table.tsx';
import type { PageQuery } from '../data-table/pages.ts';
import { useTableState } from '../data-table/state.ts';
import { EmptyState } from '../states.tsx';

interface Row {
  id: string;
}

const noFacets: readonly string[] = [];
const answers: Record<string, () => Promise<{ rows: Row[]; total: number }>> = {
  loading: () => new Promise(() => {}),
  failing: () => Promise.reject(new Error('The database is away; nothing was changed.')),
  empty: async () => ({ rows: [], total: 0 }),
};

/** What a table says while it reads, when it cannot, and when there is nothing. */
export function TableStates() {
  return (
    <div className="grid gap-6 lg:grid-cols-3">
      {Object.entries(answers).map(([name, answer]) => (
        <OneState key={name} name={name} answer={answer} />
      ))}
    </div>
  );
}

function OneState({ name, answer }: { name: string; answer: () => Promise<{ rows: Row[]; total: number }> }) {
  const table = useTableState({ sort: 'id' }, noFacets);
  const page: PageQuery<Row> = offset => ({
    queryKey: ['kit', name, offset],
    queryFn: answer,
    retry: false,
  });
  return (
    <DataTable<Row>
      id={`kit-${name}`}
      label={`A table, ${name}`}
      table={table}
      columns={[{ id: 'id', label: 'Id', width: 1, cell: row => row.id }]}
      page={page}
      rowId={row => row.id}
      searchPlaceholder={`Search, ${name}`}
      empty={
        <EmptyState title="No rows yet" action={<Button kind="primary">New row</Button>}>
          What belongs here.
        </EmptyState>
      }
    />
  );
}
