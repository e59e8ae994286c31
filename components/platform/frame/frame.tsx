'use client';

import { Menu as MenuIcon, Search } from 'lucide-react';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import type { PaletteGroup } from '#components/console/command-palette.tsx';
import { ShortcutListener } from '#components/console/frame/shortcut-listener.tsx';
import { Sidebar } from '#components/console/frame/sidebar.tsx';
import { LiveIndicator } from '#components/console/live-indicator.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { useWaiting, WaitingBadge } from '#components/governance/approvals/waiting-badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Kbd } from '#components/ui/card.tsx';
import { PolicyStrip } from '../alerts/policy-strip.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPCClient } from '../live/trpc.ts';
import { useLive } from '../live/use-live.ts';
import { NotificationBell } from '../notifications/bell.tsx';
import { breadcrumb, navigationFor } from './navigation.ts';
import { ScopeSwitcher } from './scope.tsx';
import { UserMenu } from './user-menu.tsx';

const CommandPalette = dynamic(() => import('#components/console/command-palette.tsx'), { ssr: false });

export function Frame({ simulated, children }: { simulated: boolean; children: ReactNode }) {
  const me = useMe();
  const path = usePathname();
  const client = useTRPCClient();
  const heardAt = useLive(true);
  const waiting = useWaiting();
  const badges = { approvals: waiting };
  const [palette, setPalette] = useState(false);
  const [drawer, setDrawer] = useState(false);
  const items = useMemo(() => navigationFor(me.permissions), [me.permissions]);
  const openPalette = useCallback(() => setPalette(true), []);
  const find = useCallback(
    async (text: string): Promise<PaletteGroup[]> => {
      const [approvals, regions, tenants] = await Promise.all([
        client.approvals.list.query({ search: text, limit: 5, dir: 'desc' }).catch(() => null),
        client.regions.list.query({ search: text, limit: 5 }).catch(() => null),
        client.tenants.list.query({ search: text, limit: 5 }).catch(() => null),
      ]);
      return [
        {
          title: 'Approvals',
          entries: (approvals?.rows ?? []).map(a => ({
            id: `approval-${a.id}`,
            label: a.title,
            hint: a.state,
            href: `/approvals/${a.id}`,
          })),
        },
        {
          title: 'Regions',
          entries: (regions?.rows ?? []).map(r => ({
            id: `region-${r.id}`,
            label: r.id,
            hint: r.state,
            href: `/federation/regions/${r.id}`,
          })),
        },
        {
          title: 'Tenants',
          entries: (tenants?.rows ?? []).map(t => ({
            id: `tenant-${t.id}`,
            label: t.name,
            hint: t.id,
            href: `/federation/tenants/${t.id}`,
          })),
        },
      ].filter(group => group.entries.length > 0);
    },
    [client],
  );
  const go: PaletteGroup = {
    title: 'Go to',
    entries: items
      .flatMap(item => [item, ...(item.children ?? [])])
      .map(({ id, label, href }) => ({ id, label, href })),
  };
  const footer = (
    <>
      {simulated ? <SimulatedBadge label="Simulated world" /> : null}
      {simulated ? <span>The console’s own state is real; regions and tenants are not.</span> : null}
      <a href="/api/docs" className="link">
        API reference
      </a>
    </>
  );
  return (
    <div className="min-h-screen md:grid md:grid-cols-[210px_1fr]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded focus:bg-surface focus:p-2"
      >
        Skip to content
      </a>
      <aside className="sticky top-0 hidden h-screen border-r md:block">
        <Sidebar items={items} path={path} badges={badges} footer={footer} />
      </aside>
      <div className="min-w-0">
        <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b bg-bg px-3 md:px-6">
          <Button
            kind="quiet"
            size="icon"
            className="md:hidden"
            aria-label="Menu"
            onClick={() => setDrawer(true)}
          >
            <MenuIcon className="size-4" />
          </Button>
          <nav aria-label="Breadcrumb" className="min-w-0 truncate text-ink-2">
            {breadcrumb(path).map((crumb, i) => (
              <span key={`${crumb.href}${crumb.label}`}>
                {i > 0 ? ' / ' : ''}
                <Link href={crumb.href}>{crumb.label}</Link>
              </span>
            ))}
          </nav>
          <ScopeSwitcher />
          <div className="ml-auto flex items-center gap-2">
            <PolicyStrip />
            <LiveIndicator heardAt={heardAt} />
            <Button kind="quiet" size="sm" onClick={openPalette} aria-label="Search or run">
              <Search className="size-3.5" />
              <span className="hidden lg:inline">Search or run</span>
              <span className="hidden lg:inline">
                <Kbd>⌘K</Kbd>
              </span>
            </Button>
            <WaitingBadge count={waiting} />
            <NotificationBell />
            <UserMenu />
          </div>
        </header>
        <main id="main" className="mx-auto grid max-w-[1400px] gap-5 p-4 md:p-6">
          {children}
        </main>
      </div>
      <Radix.Root open={drawer} onOpenChange={setDrawer}>
        <Radix.Portal>
          <Radix.Overlay className="fixed inset-0 z-40 bg-overlay" />
          <Radix.Content className="fixed inset-y-0 left-0 z-50 w-64 border-r">
            <Radix.Title className="sr-only">Menu</Radix.Title>
            <Radix.Description className="sr-only">Where to go</Radix.Description>
            <Sidebar
              items={items}
              path={path}
              badges={badges}
              footer={footer}
              onNavigate={() => setDrawer(false)}
            />
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
      <ShortcutListener items={items} onPalette={openPalette} />
      {palette ? <CommandPalette open={palette} onOpenChange={setPalette} groups={[go]} find={find} /> : null}
    </div>
  );
}
