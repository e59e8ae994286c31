'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { ConfirmDialog } from '#components/console/confirm-dialog.tsx';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import type { Column } from '#components/console/data-table/column.ts';
import { DataTable } from '#components/console/data-table/data-table.tsx';
import { pageSize } from '#components/console/data-table/pages.ts';
import { useTableState } from '#components/console/data-table/state.ts';
import { Properties } from '#components/console/detail.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { announceWaiting, WaitingFor } from '#components/governance/approvals/waiting.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { useStepUpMutation } from '#components/platform/mfa/use-step-up-mutation.ts';
import { Button } from '#components/ui/button.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import { relayStates } from '#server/policy/relay/schema/terms.ts';
import type { ListRelaysInput, RelayView } from '#server/policy/relay/schema.ts';
import { CacheCard } from './cache-card.tsx';
import { InviteDialog } from './invite-dialog.tsx';

const tones: Record<RelayView['state'], Tone> = {
  pending: 'watch',
  admitted: 'ok',
  quarantined: 'bad',
  revoked: 'idle',
};
const facetIds = ['state'] as const;
const columns: Column<RelayView>[] = [
  {
    id: 'id',
    label: 'Relay',
    sort: 'id',
    width: 3,
    cell: row => <span className="font-medium">{row.id}</span>,
  },
  { id: 'state', label: 'State', sort: 'state', width: 2, least: 7, cell: row => <RelayState relay={row} /> },
  {
    id: 'region',
    label: 'Region',
    sort: 'region',
    width: 2,
    wide: true,
    cell: row => row.region ?? 'not stated',
  },
  {
    id: 'holding',
    label: 'Policies',
    width: 1.6,
    cell: row => (
      <span className={row.missing > 0 ? 'num text-watch' : 'num'}>
        {row.holding}
        {row.missing > 0 ? `, ${row.missing} missing` : ''}
      </span>
    ),
  },
  {
    id: 'epoch',
    label: 'Epoch',
    width: 1,
    wide: true,
    cell: row => <span className="num">{row.epoch}</span>,
  },
  {
    id: 'kind',
    label: 'Kind',
    width: 1.4,
    wide: true,
    cell: row => (row.simulated ? <SimulatedBadge /> : 'real'),
  },
  {
    id: 'seen',
    label: 'Heard',
    sort: 'lastSeenAt',
    width: 1.6,
    cell: row => (row.lastSeenAt ? <Time at={row.lastSeenAt} /> : 'never'),
  },
];

function RelayState({ relay }: { relay: RelayView }) {
  if (relay.state === 'admitted' && relay.stale) return <Pill tone="watch">stale</Pill>;
  return <Pill tone={tones[relay.state]}>{relay.state}</Pill>;
}

export function RelaysPage() {
  const trpc = useTRPC();
  const table = useTableState({ sort: 'id' }, facetIds);
  const [inviting, setInviting] = useState(false);
  const why = useWhyNot('relay:invite');
  const { state } = table;
  const filter = {
    ...(state.search ? { search: state.search } : {}),
    sort: state.sort as ListRelaysInput['sort'],
    dir: state.dir,
    ...(state.facets.state?.length ? { state: state.facets.state as RelayView['state'][] } : {}),
  };
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <FleetVerdict />
        <Button kind="primary" className="ml-auto" why={why} onClick={() => setInviting(true)}>
          <Plus className="size-4" /> Invite a relay
        </Button>
      </div>
      <DataTable<RelayView>
        id="relays"
        label="Relays"
        table={table}
        columns={columns}
        facets={[{ id: 'state', label: 'State', options: relayStates.map(value => ({ value })) }]}
        page={(offset, total) =>
          trpc.relays.list.queryOptions({ ...filter, offset, limit: pageSize, total }) as never
        }
        rowId={row => row.id}
        searchPlaceholder="Search relays"
        empty={
          <EmptyState title="No relay has joined yet">
            A relay is a small program at the edge that verifies and answers policies without asking anybody.
            Invite one to get its join token.
          </EmptyState>
        }
      />
      <CacheCard />
      <RelayPeek id={state.peek} onClose={() => void table.set({ peek: null })} />
      <InviteDialog open={inviting} onOpenChange={setInviting} />
    </>
  );
}

function FleetVerdict() {
  const trpc = useTRPC();
  const { data } = useQuery({ ...trpc.policies.status.queryOptions({}), refetchInterval: 5000 });
  if (!data) return <Verdict>Reading the fleet …</Verdict>;
  const { admitted, connected, stale } = data.relays;
  if (admitted === 0) return <Verdict>No relay is admitted.</Verdict>;
  return (
    <Verdict>
      {connected} of {admitted} relays are connected
      {stale > 0 ? `, ${stale} of them cannot tell whether they are current` : ''}. All follow one log; its
      head is entry {data.head}.
    </Verdict>
  );
}

function RelayPeek({ id, onClose }: { id: string | null; onClose: () => void }) {
  const trpc = useTRPC();
  const [dialog, setDialog] = useState<'admit' | 'quarantine' | 'revoke' | null>(null);
  const why = useWhyNot('relay:admit');
  const { data } = useQuery({
    ...trpc.relays.get.queryOptions({ id: id ?? '' }),
    enabled: id !== null,
    refetchInterval: 2000,
  });
  const admit = useMutation(trpc.relays.admit.mutationOptions());
  const quarantine = useMutation(trpc.relays.quarantine.mutationOptions());
  const revoke = useStepUpMutation(trpc.relays.revoke.mutationOptions());
  return (
    <Drawer open={id !== null} onOpenChange={open => !open && onClose()} title={id ?? ''}>
      {data ? (
        <div className="grid gap-4">
          <Properties
            items={[
              ['State', <RelayState key="s" relay={data} />],
              ['Why', data.stateReason],
              ['Region', data.region],
              [
                'Labels',
                Object.entries(data.labels)
                  .map(([k, v]) => `${k}=${v}`)
                  .join(', ') || null,
              ],
              ['Program', data.agent],
              ['Log position', data.cursor],
              ['Epoch', data.epoch],
              ['Decisions', data.decisions.toLocaleString('en')],
              ['Strikes', data.strikes],
              ['Joined', <Time key="j" at={data.joinedAt} />],
            ]}
          />
          <WaitingFor subject={`relay:${data.id}`} />
          <section className="grid gap-2" aria-label="Active policies">
            <h3 className="font-medium">What it says it has active</h3>
            {data.held.length === 0 ? <p className="text-ink-2">Nothing.</p> : null}
            <ul className="divide-y">
              {data.held.map(h => (
                <li key={h.policy} className="flex flex-wrap items-center gap-2 py-1.5">
                  <span className="font-medium">{h.policy}</span>
                  <span className="num text-ink-2">version {h.version}</span>
                  {h.version === h.activeVersion ? null : (
                    <Pill tone="watch">fleet has {h.activeVersion ?? 'none'}</Pill>
                  )}
                  <span className="ml-auto">
                    <IdChip id={h.hash} label="Copy the hash" />
                  </span>
                </li>
              ))}
            </ul>
          </section>
          <div className="flex flex-wrap gap-2">
            {data.state === 'pending' || data.state === 'quarantined' ? (
              <Button kind="primary" why={why} onClick={() => setDialog('admit')}>
                Admit
              </Button>
            ) : null}
            {data.state === 'admitted' ? (
              <Button why={why} onClick={() => setDialog('quarantine')}>
                Quarantine
              </Button>
            ) : null}
            {data.state === 'revoked' ? null : (
              <Button kind="danger" why={why} onClick={() => setDialog('revoke')}>
                Revoke its key
              </Button>
            )}
          </div>
          <ConfirmDialog
            open={dialog === 'admit' || dialog === 'quarantine'}
            onOpenChange={open => !open && setDialog(null)}
            title={dialog === 'admit' ? `Admit ${data.id}` : `Quarantine ${data.id}`}
            action={dialog === 'admit' ? 'Admit' : 'Quarantine'}
            onConfirm={() =>
              dialog === 'admit'
                ? admit.mutateAsync({ id: data.id, reason: 'Admitted by an operator' }).then(announceWaiting)
                : quarantine.mutateAsync({ id: data.id, reason: 'Set apart by an operator' })
            }
          >
            {dialog === 'admit'
              ? 'It receives every policy of its scope and answers for them.'
              : 'It is disconnected, and no longer counts for what is activated. What it holds it serves by each policy’s own contract.'}
          </ConfirmDialog>
          <DangerDialog
            open={dialog === 'revoke'}
            onOpenChange={open => !open && setDialog(null)}
            title={`Revoke ${data.id}`}
            blast="Its key is never accepted again and its name is never reused. A replacement joins under a new name."
            typeName={data.id}
            action="Revoke"
            onConfirm={reason => revoke.mutateAsync({ id: data.id, reason })}
          />
        </div>
      ) : null}
    </Drawer>
  );
}
