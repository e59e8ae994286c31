'use client';

import { Pill } from '#components/ui/pill.tsx';
import type { Column } from '../data-table/column.ts';
import { DataTable } from '../data-table/data-table.tsx';
import { useTableState } from '../data-table/state.ts';

interface Row {
  id: number;
  name: string;
  even: boolean;
}

const rows: Row[] = Array.from({ length: 10_000 }, (_, i) => ({
  id: i + 1,
  name: `Row ${i + 1}`,
  even: i % 2 === 1,
}));
const facetIds = ['even'] as const;
const columns: Column<Row>[] = [
  { id: 'name', label: 'Name', sort: 'id', width: 3, cell: row => row.name },
  {
    id: 'even',
    label: 'Even',
    width: 1,
    cell: row => <Pill tone={row.even ? 'ok' : 'idle'}>{row.even ? 'even' : 'odd'}</Pill>,
  },
  {
    id: 'square',
    label: 'Square',
    width: 2,
    wide: true,
    align: 'end',
    cell: row => (row.id * row.id).toLocaleString('en'),
  },
];

/** Ten thousand rows, answered page by page as a server would. */
export function TableSection() {
  const table = useTableState({ sort: 'id' }, facetIds);
  const { search, dir, facets } = table.state;
  const matching = rows.filter(
    row => row.name.includes(search) && (!facets.even?.length || facets.even.includes(String(row.even))),
  );
  const ordered = dir === 'desc' ? matching.toReversed() : matching;
  return (
    <DataTable<Row>
      id="kit"
      label="Ten thousand rows"
      table={table}
      columns={columns}
      facets={[
        {
          id: 'even',
          label: 'Even',
          options: [
            { value: 'true', label: 'even' },
            { value: 'false', label: 'odd' },
          ],
        },
      ]}
      page={offset =>
        ({
          queryKey: ['kit', search, dir, facets.even, offset],
          queryFn: async () => ({ rows: ordered.slice(offset, offset + 100), total: ordered.length }),
        }) as never
      }
      rowId={row => String(row.id)}
      rowLabel={row => row.name}
      bulk={[
        { id: 'act', label: 'Act', run: chosen => chosen.clear() },
        { id: 'no', label: 'Not permitted', why: 'You lack the permission.', run: () => {} },
      ]}
      searchPlaceholder="Search rows"
      empty={null}
    />
  );
}
