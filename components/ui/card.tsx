import type { ReactNode } from 'react';
import { cn } from './cn.ts';

export function Card({
  title,
  end,
  children,
  className,
}: {
  title?: ReactNode;
  end?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={cn('rounded-lg border bg-surface shadow-card', className)}>
      {title ? (
        <header className="flex items-baseline gap-2 px-3.5 pt-3">
          <h2 className="font-semibold">{title}</h2>
          {end ? <div className="ml-auto text-ink-3 text-sm">{end}</div> : null}
        </header>
      ) : null}
      {children}
    </section>
  );
}

export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cn('block animate-pulse rounded bg-sunken', className)} />;
}

export function Kbd({ children }: { children: ReactNode }) {
  return <kbd className="rounded border bg-sunken px-1 font-mono text-ink-3 text-xs">{children}</kbd>;
}
