'use client';

import { useQuery } from '@tanstack/react-query';
import { Properties } from '#components/console/detail.tsx';
import { ErrorState } from '#components/console/states.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { PasswordCard } from './password-card.tsx';
import { roleLabel } from './role-words.ts';

export function ProfileView() {
  const trpc = useTRPC();
  const me = useQuery(trpc.identity.me.queryOptions());
  if (me.isPending) return <Skeleton className="h-64" />;
  if (me.error) return <ErrorState title="Your profile could not be read">{messageOf(me.error)}</ErrorState>;
  const { displayName, name, roles, mfa, permissions, mustChangePassword, hasPassword } = me.data;
  return (
    <>
      <h1 className="font-semibold text-xl">Profile</h1>
      {mustChangePassword ? <PasswordCard mustChange /> : null}
      {roles.includes('guest') ? (
        <p className="max-w-prose rounded-md bg-watch-soft px-2.5 py-1.5 text-watch">
          You are signed in and have no role yet. An administrator gives you one under Settings, Users; then
          sign in again.
        </p>
      ) : null}
      <Card title="You">
        <div className="p-3.5">
          <Properties
            items={[
              ['Name', name],
              ['Display name', displayName],
              ['Roles', roles.map(roleLabel).join(', ')],
              [
                'Second factor',
                <Pill key="mfa" tone={mfa.enrolled ? 'ok' : 'watch'}>
                  {mfa.enrolled ? 'enrolled' : 'none yet'}
                </Pill>,
              ],
              [
                'You may',
                <span key="may" className="font-mono text-ink-2 text-sm">
                  {permissions.join(' · ')}
                </span>,
              ],
            ]}
          />
        </div>
      </Card>
      {mustChangePassword || !hasPassword ? null : <PasswordCard mustChange={false} />}
    </>
  );
}
