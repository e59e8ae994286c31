'use client';

import { Moon, Sun } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useTheme } from 'next-themes';
import type { ReactNode } from 'react';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { useMe } from '#components/platform/identity/session.tsx';
import { signOut } from '#components/platform/sessions/sign-in-client.ts';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/cn.ts';

const pages = [
  { href: '/portal', label: 'Overview', permission: 'portal:public' },
  { href: '/portal/active', label: 'What was active', permission: 'portal:read' },
  { href: '/portal/audits', label: 'Audits', permission: 'portal:read' },
];

export function PortalFrame({ simulated, children }: { simulated: boolean; children: ReactNode }) {
  const me = useMe();
  const path = usePathname();
  const person = me.kind === 'user';
  const { resolvedTheme, setTheme } = useTheme();
  return (
    <div className="min-h-screen">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded focus:bg-surface focus:p-2"
      >
        Skip to content
      </a>
      <header className="border-b">
        <div className="mx-auto flex max-w-5xl flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2">
          <Link href="/portal" className="font-semibold text-lg">
            Policy portal
          </Link>
          {simulated ? <SimulatedBadge /> : null}
          <div className="ml-auto flex items-center gap-2">
            <Button
              kind="quiet"
              size="icon"
              aria-label="Switch between light and dark"
              onClick={() => setTheme(resolvedTheme === 'dark' ? 'light' : 'dark')}
            >
              <Sun className="hidden size-4 dark:block" />
              <Moon className="size-4 dark:hidden" />
            </Button>
            {person ? (
              <>
                <span className="hidden text-ink-2 sm:inline">{me.displayName}</span>
                <Button size="sm" onClick={() => void signOut()}>
                  Sign out
                </Button>
              </>
            ) : (
              <Link className="link" href="/sign-in?next=%2Fportal%2Faudits">
                Sign in
              </Link>
            )}
          </div>
          <nav aria-label="Portal" className="flex w-full gap-4 overflow-x-auto">
            {pages
              .filter(page => me.permissions.includes(page.permission))
              .map(({ href, label }) => {
                const here = href === '/portal' ? path === href : path.startsWith(href);
                return (
                  <Link
                    key={href}
                    href={href}
                    aria-current={here ? 'page' : undefined}
                    className={cn(
                      '-mb-2 whitespace-nowrap border-transparent border-b-2 py-2 text-ink-2',
                      here && 'border-ink font-medium text-ink',
                    )}
                  >
                    {label}
                  </Link>
                );
              })}
            {person ? (
              <Link href="/" className="ml-auto whitespace-nowrap py-2 text-ink-2 hover:text-ink">
                Console
              </Link>
            ) : null}
          </nav>
        </div>
      </header>
      <main id="main" className="mx-auto grid w-full max-w-5xl grid-cols-[minmax(0,1fr)] gap-4 px-4 py-5">
        {children}
      </main>
      <footer className="mx-auto max-w-5xl px-4 pb-8 text-ink-3 text-sm">
        Nothing can be changed from here.{' '}
        {person
          ? 'What an auditor reads, and what anybody takes away, is written into the ledger.'
          : 'Audits, past states and evidence ask for signing in.'}
      </footer>
    </div>
  );
}
