'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '#components/console/confirm-dialog.tsx';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { Properties } from '#components/console/detail.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { UserRow } from '#server/platform/identity/schema.ts';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { useStepUpMutation } from '../mfa/use-step-up-mutation.ts';
import { roleLabel } from './role-words.ts';
import { useMe, useWhyNot } from './session.tsx';
import { UserForm } from './user-form.tsx';

interface Props {
  id: string | null;
  onClose: () => void;
  onPassword: (user: UserRow, password: string) => void;
}

export function UserDrawer({ id, onClose, onPassword }: Props) {
  const trpc = useTRPC();
  const user = useQuery(trpc.identity.get.queryOptions({ id: id ?? '' }, { enabled: id !== null }));
  return (
    <Drawer
      open={id !== null}
      onOpenChange={open => !open && onClose()}
      title={user.data?.displayName ?? 'User'}
      description={user.data?.name}
    >
      {user.isPending ? <Skeleton className="h-48" /> : null}
      {user.error ? (
        <ErrorState title="The user could not be read">{messageOf(user.error)}</ErrorState>
      ) : null}
      {user.data ? <Body user={user.data} onPassword={onPassword} /> : null}
    </Drawer>
  );
}

function Body({ user, onPassword }: { user: UserRow } & Pick<Props, 'onPassword'>) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [open, setOpen] = useState<'edit' | 'state' | 'reset' | 'factors' | null>(null);
  const refresh = () => queries.invalidateQueries(trpc.identity.pathFilter());
  const suspend = useStepUpMutation(trpc.identity.suspend.mutationOptions({ onSuccess: refresh }));
  const reinstate = useStepUpMutation(trpc.identity.reinstate.mutationOptions({ onSuccess: refresh }));
  const reset = useStepUpMutation(
    trpc.identity.resetPassword.mutationOptions({
      onSuccess: async made => {
        await refresh();
        onPassword(made.user, made.password);
      },
    }),
  );
  const drop = useStepUpMutation(trpc.mfa.drop.mutationOptions({ onSuccess: refresh }));
  const suspended = user.state === 'suspended';
  const why = useWhyNot('user:write');
  const whyDrop = useWhyNot('mfa:drop');
  const me = useMe();
  const whyKeep =
    whyDrop ??
    (user.id === me.id
      ? 'Your own factors are under Settings, Security.'
      : user.mfa
        ? null
        : 'There is no second factor to reset.');
  const locked = user.lockedUntil !== null && Date.parse(user.lockedUntil) > Date.now();

  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap gap-2">
        <Pill tone={suspended ? 'bad' : 'ok'}>{user.state}</Pill>
        <Pill tone={user.mfa ? 'ok' : 'watch'}>{user.mfa ? 'second factor' : 'password only'}</Pill>
        {locked ? <Pill tone="watch">locked for a while</Pill> : null}
      </div>
      <Properties
        items={[
          ['Roles', user.roles.map(roleLabel).join(', ') || 'None: may do nothing yet'],
          ['Last seen', <Time key="seen" at={user.lastSeenAt} />],
          ['Created', <Time key="created" at={user.createdAt} />],
          ['Id', <IdChip key="id" id={user.id} />],
        ]}
      />
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setOpen('edit')} why={why}>
          Edit
        </Button>
        <Button onClick={() => setOpen('reset')} why={why}>
          Reset password
        </Button>
        <Button onClick={() => setOpen('factors')} why={whyKeep}>
          Reset second factor
        </Button>
        <Button kind={suspended ? 'plain' : 'danger'} onClick={() => setOpen('state')} why={why}>
          {suspended ? 'Reinstate' : 'Suspend'}
        </Button>
      </div>
      <UserForm key={user.version} user={user} open={open === 'edit'} onClose={() => setOpen(null)} />
      <ConfirmDialog
        open={open === 'reset'}
        onOpenChange={wanted => setOpen(wanted ? 'reset' : null)}
        title={`Reset the password of ${user.name}`}
        action="Reset password"
        onConfirm={() => reset.mutateAsync({ id: user.id })}
      >
        The old password stops working and all sessions of this user end. A new one is generated and shown
        once.
      </ConfirmDialog>
      <DangerDialog
        open={open === 'factors'}
        onOpenChange={wanted => setOpen(wanted ? 'factors' : null)}
        title={`Reset the second factor of ${user.name}`}
        blast="All passkeys, authenticator apps and recovery codes of this user are removed and all sessions end. Until a new one is enrolled, the password alone signs in. Be sure that it is the user who asks."
        typeName={user.name}
        needs="Needs a second factor given within ten minutes."
        action="Reset second factor"
        onConfirm={reason => drop.mutateAsync({ userId: user.id, reason })}
      />
      <DangerDialog
        open={open === 'state'}
        onOpenChange={wanted => setOpen(wanted ? 'state' : null)}
        title={suspended ? `Reinstate ${user.name}` : `Suspend ${user.name}`}
        blast={
          suspended
            ? 'The user may sign in again with the same roles.'
            : 'All sessions of this user end at once, and signing in is refused.'
        }
        typeName={user.name}
        needs="Needs a second factor given within ten minutes."
        action={suspended ? 'Reinstate' : 'Suspend'}
        onConfirm={reason => (suspended ? reinstate : suspend).mutateAsync({ id: user.id, reason })}
      />
    </div>
  );
}
