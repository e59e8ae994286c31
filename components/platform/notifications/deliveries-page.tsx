'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import type { Column, Facet } from '#components/console/data-table/column.ts';
import { DataTable } from '#components/console/data-table/data-table.tsx';
import { pageSize } from '#components/console/data-table/pages.ts';
import { useTableState } from '#components/console/data-table/state.ts';
import { EmptyState, NoPermission } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { Button } from '#components/ui/button.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { DeliveryRow, ListDeliveriesInput } from '#server/platform/notifications/schema.ts';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { DeliveryPeek } from './delivery-peek.tsx';
import { channelWords, kindWords, stateTone, stateWords } from './words.ts';

const facetIds = ['channel', 'state', 'kind'] as const;
const columns: Column<DeliveryRow>[] = [
  {
    id: 'title',
    label: 'Message',
    width: 3.6,
    cell: row => (
      <span className="font-medium">
        {row.title}
        {row.purpose === 'retire' ? <span className="font-normal text-ink-3"> · taking back</span> : null}
        {row.test ? <span className="font-normal text-ink-3"> · test</span> : null}
      </span>
    ),
  },
  { id: 'channel', label: 'Channel', sort: 'channel', width: 1.3, cell: row => channelWords[row.channel] },
  { id: 'to', label: 'To', width: 2, wide: true, cell: row => row.to },
  {
    id: 'state',
    label: 'State',
    sort: 'state',
    width: 1.6,
    least: 6.5,
    cell: row => <Pill tone={stateTone[row.state]}>{stateWords[row.state]}</Pill>,
  },
  { id: 'attempts', label: 'Tries', sort: 'attempts', width: 0.8, wide: true, cell: row => row.attempts },
  {
    id: 'group',
    label: 'Matter',
    width: 2,
    wide: true,
    cell: row => <span className="font-mono text-ink-2 text-sm">{row.groupKey}</span>,
  },
  {
    id: 'created',
    label: 'Asked for',
    sort: 'createdAt',
    width: 1.4,
    wide: true,
    cell: row => <Time at={row.createdAt} />,
  },
];

const counted = <V extends string>(
  id: string,
  label: string,
  words: Record<V, string>,
  counts: Record<string, number> | undefined,
): Facet => ({
  id,
  label,
  options: Object.entries<string>(words).map(([value, word]) => ({
    value,
    label: word,
    count: counts?.[value] ?? 0,
  })),
});

export function DeliveriesPage() {
  return useMe().permissions.includes('delivery:read') ? (
    <Deliveries />
  ) : (
    <NoPermission title="The delivery log is not visible to you">
      The permission delivery:read is needed. What you were told yourself is under Notifications.
    </NoPermission>
  );
}

function Deliveries() {
  const trpc = useTRPC();
  const table = useTableState({ sort: 'createdAt', dir: 'desc' }, facetIds);
  const [group, setGroup] = useQueryState('group', parseAsString);
  const { data: facets } = useQuery(trpc.notifications.facets.queryOptions());
  const { state } = table;
  const filter = {
    ...(state.search ? { search: state.search } : {}),
    ...(group ? { group } : {}),
    sort: state.sort as ListDeliveriesInput['sort'],
    dir: state.dir,
    ...(state.facets.channel?.length ? { channel: state.facets.channel as DeliveryRow['channel'][] } : {}),
    ...(state.facets.state?.length ? { state: state.facets.state as DeliveryRow['state'][] } : {}),
    ...(state.facets.kind?.length ? { kind: state.facets.kind as DeliveryRow['kind'][] } : {}),
  };
  return (
    <>
      <DeliveriesVerdict states={facets?.state} />
      {group ? (
        <p className="flex flex-wrap items-center gap-2 text-ink-2">
          Only the matter <code className="font-mono text-sm [overflow-wrap:anywhere]">{group}</code>
          <Button size="sm" onClick={() => void setGroup(null)}>
            Show all
          </Button>
        </p>
      ) : null}
      <DataTable<DeliveryRow>
        id="deliveries"
        label="Deliveries"
        table={table}
        columns={columns}
        facets={[
          counted('channel', 'Channel', channelWords, facets?.channel),
          counted('state', 'State', stateWords, facets?.state),
          counted('kind', 'Kind', kindWords, facets?.kind),
        ]}
        page={(offset, total) =>
          trpc.notifications.deliveries.queryOptions({ ...filter, offset, limit: pageSize, total }) as never
        }
        rowId={row => row.id}
        searchPlaceholder="Search message or matter"
        empty={
          <EmptyState title="Nothing was sent yet">
            Each message leaves one row a channel and recipient here, with every try and what the channel
            answered.
          </EmptyState>
        }
      />
      <DeliveryPeek
        id={state.peek}
        onClose={() => void table.set({ peek: null })}
        onGroup={key => {
          void setGroup(key);
          void table.set({ peek: null });
        }}
      />
    </>
  );
}

function DeliveriesVerdict({ states }: { states: Record<string, number> | undefined }) {
  if (!states) return <Verdict>Reading the deliveries …</Verdict>;
  const { dead = 0, waiting = 0, sending = 0, delivered = 0, simulated = 0 } = states;
  const link = (state: string) => `/settings/deliveries?state=${state}`;
  if (dead + waiting + sending + delivered + simulated === 0) return <Verdict>Nothing was sent yet.</Verdict>;
  return (
    <Verdict>
      {dead > 0 ? (
        <Phrase href={link('dead')} tone="bad">{`${dead} given up`}</Phrase>
      ) : (
        'Nothing was given up'
      )}
      {waiting + sending > 0 ? (
        <>
          , <Phrase href={link('waiting')} tone="watch">{`${waiting + sending} on the way`}</Phrase>
        </>
      ) : null}
      , <Phrase href={link('delivered')}>{`${delivered} delivered`}</Phrase>
      {simulated > 0 ? (
        <>
          , <Phrase href={link('simulated')} tone="sim">{`${simulated} only recorded`}</Phrase>
        </>
      ) : null}
      .
    </Verdict>
  );
}
