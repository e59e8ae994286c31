'use client';

import { useQuery } from '@tanstack/react-query';
import { Bell } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/cn.ts';
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '#components/ui/menu.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';

/** What is new, from every page: the count, the newest few, and the way to all of them. */
export function NotificationBell() {
  const may = useMe().permissions.includes('notification:own');
  const trpc = useTRPC();
  const router = useRouter();
  const { data: counts } = useQuery({ ...trpc.notifications.counts.queryOptions(), enabled: may });
  const { data: newest } = useQuery({
    ...trpc.notifications.inbox.queryOptions({ unread: true, limit: 5 }),
    enabled: may,
  });
  if (!may) return null;
  const unread = counts?.unread ?? 0;
  const label = unread === 0 ? 'Notifications, none unread' : `Notifications, ${unread} unread`;
  return (
    <Menu
      trigger={
        <Button kind="quiet" size="icon" className="relative" aria-label={label}>
          <Bell className="size-4" />
          {unread > 0 ? (
            <span
              aria-hidden
              className={cn(
                'num absolute -top-0.5 -right-0.5 grid h-4 min-w-4 place-items-center rounded-full px-1 font-medium text-[10px] leading-none',
                counts?.critical ? 'bg-bad text-bg' : 'bg-ink text-bg',
              )}
            >
              {unread > 99 ? '99+' : unread}
            </span>
          ) : null}
        </Button>
      }
    >
      <MenuLabel>{unread === 0 ? 'Nothing unread' : `${unread} unread`}</MenuLabel>
      {newest?.rows.map(row => (
        <MenuItem key={row.id} onSelect={() => router.push(row.link)}>
          <span
            aria-hidden
            className={cn(
              'size-1.5 shrink-0 rounded-full',
              row.severity === 'critical' ? 'bg-bad' : row.severity === 'warning' ? 'bg-watch' : 'bg-ink-3',
            )}
          />
          <span className="max-w-72 truncate">{row.title}</span>
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem onSelect={() => router.push('/notifications')}>All notifications</MenuItem>
    </Menu>
  );
}
