import type { ReactNode } from 'react';
import { cn } from './cn.ts';

/**
 * What is wider or taller than its place scrolls here: named, and reachable by keyboard. Give a largest height
 * for what grows downwards; sideways it scrolls by itself.
 */
export function ScrollArea({
  label,
  className,
  children,
}: {
  label: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <section className={cn('relative overflow-auto', className)} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
