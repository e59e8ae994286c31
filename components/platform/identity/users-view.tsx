'use client';

import { useState } from 'react';
import type { Column, Facet } from '#components/console/data-table/column.ts';
import { DataTable } from '#components/console/data-table/data-table.tsx';
import type { PageQuery } from '#components/console/data-table/pages.ts';
import { pageSize } from '#components/console/data-table/pages.ts';
import { useTableState } from '#components/console/data-table/state.ts';
import { ShownOnce } from '#components/console/shown-once.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { ListUsersInput, UserRow } from '#server/platform/identity/schema.ts';
import { useTRPC } from '../live/trpc.ts';
import { roleLabel, roleWords, userRoleNames } from './role-words.ts';
import { useWhyNot } from './session.tsx';
import { UserDrawer } from './user-drawer.tsx';
import { UserForm } from './user-form.tsx';

const columns: Column<UserRow>[] = [
  {
    id: 'name',
    label: 'Name',
    sort: 'name',
    width: 2,
    cell: user => <b className="font-medium">{user.name}</b>,
  },
  {
    id: 'display',
    label: 'Display name',
    sort: 'displayName',
    width: 3,
    wide: true,
    cell: u => u.displayName,
  },
  { id: 'roles', label: 'Roles', width: 3, cell: user => user.roles.map(roleLabel).join(', ') },
  {
    id: 'state',
    label: 'State',
    width: 2,
    cell: user => <Pill tone={user.state === 'active' ? 'ok' : 'bad'}>{user.state}</Pill>,
  },
  {
    id: 'mfa',
    label: 'Second factor',
    width: 2,
    wide: true,
    cell: user => (user.mfa ? <Pill tone="ok">enrolled</Pill> : <Pill tone="watch">none</Pill>),
  },
  {
    id: 'seen',
    label: 'Last seen',
    sort: 'lastSeenAt',
    width: 2,
    wide: true,
    align: 'end',
    cell: user => <Time at={user.lastSeenAt} />,
  },
];
const facets: Facet[] = [
  { id: 'state', label: 'State', options: [{ value: 'active' }, { value: 'suspended' }] },
  {
    id: 'role',
    label: 'Role',
    options: userRoleNames.map(value => ({ value, label: roleWords[value].label })),
  },
];
const facetIds = facets.map(facet => facet.id);

export function UsersView() {
  const trpc = useTRPC();
  const why = useWhyNot('user:write');
  const table = useTableState({ sort: 'name' }, facetIds);
  const [creating, setCreating] = useState(false);
  const [shown, setShown] = useState<{ name: string; password: string } | null>(null);
  const { state } = table;
  const show = (user: UserRow, password: string) => setShown({ name: user.name, password });

  const page: PageQuery<UserRow> = (offset, total) =>
    trpc.identity.list.queryOptions({
      sort: state.sort as ListUsersInput['sort'],
      dir: state.dir,
      offset,
      total,
      limit: pageSize,
      ...(state.search ? { search: state.search } : {}),
      ...(state.facets.state?.length ? { state: state.facets.state as ListUsersInput['state'] } : {}),
      ...(state.facets.role?.length ? { role: state.facets.role as ListUsersInput['role'] } : {}),
    }) as unknown as ReturnType<PageQuery<UserRow>>;

  return (
    <>
      <header className="flex flex-wrap items-center gap-3">
        <h1 className="font-semibold text-xl">Users</h1>
        <span className="ml-auto">
          <Button kind="primary" onClick={() => setCreating(true)} why={why}>
            New user
          </Button>
        </span>
      </header>
      <DataTable
        id="users"
        label="Users"
        columns={columns}
        facets={facets}
        table={table}
        page={page}
        rowId={user => user.id}
        searchPlaceholder="Name or display name"
        empty={<EmptyState title="No users">Nobody may sign in yet.</EmptyState>}
      />
      <UserDrawer id={state.peek} onClose={() => void table.set({ peek: null })} onPassword={show} />
      <UserForm open={creating} onClose={() => setCreating(false)} onCreated={show} />
      <ShownOnce
        title={`Password of ${shown?.name ?? ''}`}
        about="Hand it over safely. It is shown this once and has to be changed after signing in."
        secret={shown?.password ?? null}
        onDone={() => setShown(null)}
      />
    </>
  );
}
