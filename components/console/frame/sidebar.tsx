'use client';

import { Atom } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { cn } from '#components/ui/cn.ts';
import type { NavigationItem } from './navigation-item.ts';

export interface Badge {
  n: number;
  /** What is counted, in words. */
  text: string;
  tone: 'watch' | 'bad';
}

function Count({ badge }: { badge: Badge | undefined }) {
  if (!badge) return null;
  return (
    <span
      title={badge.text}
      className={cn(
        'num rounded-full px-1.5 font-medium text-xs leading-5',
        badge.tone === 'bad' ? 'bg-bad-soft text-bad' : 'bg-watch-soft text-watch',
      )}
    >
      <span aria-hidden>{badge.n > 999 ? '999+' : badge.n}</span>
      <span className="sr-only">, {badge.text}</span>
    </span>
  );
}

export function Sidebar({
  items,
  path,
  badges,
  footer,
  onNavigate,
  hrefOf = href => href,
}: {
  items: NavigationItem[];
  path: string;
  badges: Record<string, Badge>;
  /** The same place seen through what is being looked at, e.g. with the scope. */
  hrefOf?: (href: string) => string;
  footer: ReactNode;
  onNavigate?: () => void;
}) {
  const isAt = (href: string) => (href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`));
  return (
    <div className="flex h-full flex-col gap-3 bg-sunken p-3">
      <Link
        href={hrefOf('/')}
        className="flex items-center gap-2 px-2 py-1 font-semibold"
        {...(onNavigate ? { onClick: onNavigate } : {})}
      >
        <Atom aria-hidden className="size-4" /> ATOM Console
      </Link>
      <nav aria-label="Main" className="grid gap-0.5 overflow-y-auto">
        {items.map(item => {
          const inside = isAt(item.href) || item.children?.some(child => isAt(child.href));
          // One page's address may begin with its sister's: the longest that fits is where one is.
          const at = item.children
            ?.filter(child => isAt(child.href))
            .toSorted((a, b) => b.href.length - a.href.length)[0];
          return (
            <div key={item.id}>
              <Link
                href={hrefOf(item.href)}
                {...(onNavigate ? { onClick: onNavigate } : {})}
                aria-current={isAt(item.href) ? 'page' : undefined}
                className={cn(
                  'flex h-8 items-center gap-2 rounded-md border border-transparent px-2 text-ink-2 hover:text-ink',
                  inside && 'border-line bg-surface font-medium text-ink',
                )}
              >
                <item.icon className="size-4" />
                <span className="flex-1">{item.label}</span>
                {inside && item.children ? null : <Count badge={badges[item.id]} />}
              </Link>
              {inside && item.children ? (
                <div className="my-0.5 ml-4 grid gap-0.5 border-l pl-3">
                  {item.children.map(child => (
                    <Link
                      key={child.id}
                      href={hrefOf(child.href)}
                      {...(onNavigate ? { onClick: onNavigate } : {})}
                      aria-current={child === at ? 'page' : undefined}
                      className={cn(
                        'flex items-center gap-2 rounded px-2 py-1 text-ink-2 hover:text-ink',
                        child === at && 'font-medium text-ink',
                      )}
                    >
                      <span className="flex-1">{child.label}</span>
                      <Count badge={badges[child.id]} />
                    </Link>
                  ))}
                </div>
              ) : null}
            </div>
          );
        })}
      </nav>
      <div className="mt-auto grid gap-1 px-2 text-ink-2 text-sm">{footer}</div>
    </div>
  );
}
