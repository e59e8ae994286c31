'use client';

import { CircleHelp, Menu as MenuIcon, Search } from 'lucide-react';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { usePathname, useRouter } from 'next/navigation';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import { ShortcutListener } from '#components/console/frame/shortcut-listener.tsx';
import { Sidebar } from '#components/console/frame/sidebar.tsx';
import { LiveIndicator } from '#components/console/live-indicator.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Kbd } from '#components/ui/card.tsx';
import { useOpener } from '#components/ui/opener.ts';
import { PolicyStrip } from '../alerts/policy-strip.tsx';
import { useMe } from '../identity/session.tsx';
import { useLive } from '../live/use-live.ts';
import { NotificationBell } from '../notifications/bell.tsx';
import { useTour } from '../preferences/provider.tsx';
import { Attention } from './attention.tsx';
import { badgesOf, useCounts } from './counts.ts';
import { breadcrumb, navigationFor } from './navigation.ts';
import { ScopeProvider, useScope } from './scope.tsx';
import { ScopeBar, ScopeSwitcher } from './scope-switcher.tsx';
import { withScope } from './scope-words.ts';
import { UserMenu } from './user-menu.tsx';

const Palette = dynamic(() => import('./palette.tsx'), { ssr: false });
const HelpDialog = dynamic(() => import('#components/console/frame/help.tsx').then(m => m.HelpDialog), {
  ssr: false,
});
const GuidedTour = dynamic(() => import('./guided-tour.tsx').then(m => m.GuidedTour), { ssr: false });

export function Frame({ simulated, children }: { simulated: boolean; children: ReactNode }) {
  return (
    <ScopeProvider>
      <FramedPage simulated={simulated}>{children}</FramedPage>
    </ScopeProvider>
  );
}

function FramedPage({ simulated, children }: { simulated: boolean; children: ReactNode }) {
  const me = useMe();
  const path = usePathname();
  const heardAt = useLive(true);
  const { scope } = useScope();
  const [palette, setPalette] = useState(false);
  const [drawer, setDrawer] = useState(false);
  const giveBack = useOpener(drawer);
  const [help, setHelp] = useState(false);
  const items = useMemo(() => navigationFor(me.permissions), [me.permissions]);
  const hrefOf = useCallback((href: string) => withScope(href, scope), [scope]);
  const openPalette = useCallback(() => setPalette(true), []);
  const openHelp = useCallback(() => setHelp(true), []);
  const { progress } = useTour();
  // First things first: before a password is one's own nothing else can be done or kept.
  const touring = !me.mustChangePassword && (progress.state === 'unseen' || progress.state === 'open');
  const answers = useCounts();
  const sidebar = {
    items,
    path,
    hrefOf,
    badges: badgesOf(items, answers),
    footer: <Footer simulated={simulated} hrefOf={hrefOf} />,
  };
  return (
    <div className="min-h-screen md:grid md:grid-cols-[216px_1fr]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded focus:bg-surface focus:p-2"
      >
        Skip to content
      </a>
      <aside data-tour="places" className="sticky top-0 hidden h-screen border-r md:block">
        <Sidebar {...sidebar} />
      </aside>
      <div className="min-w-0">
        <div className="sticky top-0 z-30">
          <header className="flex h-12 items-center gap-1.5 border-b bg-bg px-3 sm:gap-2 md:px-6">
            <Button
              kind="quiet"
              size="icon"
              className="-ml-1.5 shrink-0 md:hidden"
              aria-label="Menu"
              data-tour="places"
              onClick={() => setDrawer(true)}
            >
              <MenuIcon className="size-4" />
            </Button>
            <Crumbs path={path} hrefOf={hrefOf} />
            <ScopeSwitcher />
            <div className="ml-auto flex shrink-0 items-center gap-1 sm:gap-2">
              <Attention answers={answers} hrefOf={hrefOf} />
              <PolicyStrip />
              <NotificationBell />
              <LiveIndicator heardAt={heardAt} />
              <Button
                kind="quiet"
                size="sm"
                data-tour="search"
                onClick={openPalette}
                aria-label="Search or run"
              >
                <Search aria-hidden className="size-3.5" />
                <span className="hidden xl:inline">Search or run</span>
                <span className="hidden lg:inline">
                  <Kbd>⌘K</Kbd>
                </span>
              </Button>
              <Button
                kind="quiet"
                size="icon"
                className="hidden sm:inline-flex"
                aria-label="Help"
                onClick={openHelp}
              >
                <CircleHelp className="size-4" />
              </Button>
              <UserMenu onHelp={openHelp} />
            </div>
          </header>
          <ScopeBar />
        </div>
        <main
          id="main"
          className="mx-auto grid w-full max-w-[1400px] grid-cols-[minmax(0,1fr)] gap-5 p-4 md:p-6"
        >
          {children}
        </main>
      </div>
      <Radix.Root open={drawer} onOpenChange={setDrawer}>
        <Radix.Portal>
          <Radix.Overlay className="fixed inset-0 z-40 bg-overlay" />
          <Radix.Content onCloseAutoFocus={giveBack} className="fixed inset-y-0 left-0 z-50 w-64 border-r">
            <Radix.Title className="sr-only">Menu</Radix.Title>
            <Radix.Description className="sr-only">Where to go</Radix.Description>
            <Sidebar {...sidebar} onNavigate={() => setDrawer(false)} />
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
      <ShortcutListener items={items} onPalette={openPalette} onHelp={openHelp} hrefOf={hrefOf} />
      {help ? (
        <HelpDialog open onOpenChange={setHelp} items={items}>
          <TourButton onStart={() => setHelp(false)} />
          <a
            href="/api/docs"
            className="inline-flex h-8 items-center rounded-md border border-line-strong px-3 font-medium hover:bg-sunken"
          >
            API reference
          </a>
        </HelpDialog>
      ) : null}
      {touring ? <GuidedTour simulated={simulated} hrefOf={hrefOf} /> : null}
      {palette ? <Palette items={items} onOpenChange={setPalette} hrefOf={hrefOf} /> : null}
    </div>
  );
}

function Crumbs({ path, hrefOf }: { path: string; hrefOf: (href: string) => string }) {
  const crumbs = breadcrumb(path);
  return (
    <nav aria-label="Breadcrumb" className="min-w-0 truncate text-ink-2">
      {crumbs.map((crumb, i) => {
        const last = i === crumbs.length - 1;
        return (
          // On a phone only the place itself fits.
          <span key={`${crumb.href}${crumb.label}`} className={last ? '' : 'hidden sm:inline'}>
            <Link
              href={hrefOf(crumb.href)}
              aria-current={last ? 'page' : undefined}
              className={last ? 'font-medium text-ink' : 'hover:text-ink'}
            >
              {crumb.label}
            </Link>
            {last ? '' : ' / '}
          </span>
        );
      })}
    </nav>
  );
}

function TourButton({ onStart }: { onStart: () => void }) {
  const router = useRouter();
  const { progress, save } = useTour();
  const resumed = progress.state === 'later' && progress.step > 0;
  const start = (step: number) => {
    onStart();
    if (step === 0) router.push('/');
    save({ state: 'open', step });
  };
  return (
    <>
      <Button kind="primary" onClick={() => start(resumed ? progress.step : 0)}>
        {resumed ? `Resume the tour at step ${progress.step + 1}` : 'Take the tour'}
      </Button>
      {resumed ? <Button onClick={() => start(0)}>From the beginning</Button> : null}
    </>
  );
}

function Footer({ simulated, hrefOf }: { simulated: boolean; hrefOf: (href: string) => string }) {
  return (
    <>
      {simulated ? (
        <span className="justify-self-start">
          <SimulatedBadge label="Simulated world" />
        </span>
      ) : null}
      {simulated ? (
        <span>
          The console’s own state is real; regions and tenants are not.{' '}
          <Link href={hrefOf('/settings/environment')} className="link">
            Connect yours
          </Link>
        </span>
      ) : null}
      <a href="/api/docs" className="link">
        API reference
      </a>
    </>
  );
}
