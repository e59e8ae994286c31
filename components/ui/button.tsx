'use client';

import type { ComponentProps, ReactNode } from 'react';
import { cn } from './cn.ts';
import { Tooltip } from './tooltip.tsx';

type Kind = 'plain' | 'primary' | 'danger' | 'quiet';

const kinds: Record<Kind, string> = {
  plain: 'border border-line-strong bg-surface text-ink hover:bg-sunken',
  primary: 'border border-accent bg-accent text-accent-ink hover:opacity-90',
  danger: 'border border-line-strong bg-surface text-bad hover:bg-bad-soft',
  quiet: 'border border-transparent text-ink-2 hover:bg-sunken hover:text-ink',
};

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'disabled'> {
  kind?: Kind;
  size?: 'sm' | 'md' | 'icon';
  busy?: boolean;
  /** Why it cannot be used: the button stays focusable and says so, e.g. who may. */
  why?: string | false | null | undefined;
  children: ReactNode;
}

export function Button({
  kind = 'plain',
  size = 'md',
  busy,
  why,
  className,
  children,
  onClick,
  type = 'button',
  ...rest
}: ButtonProps) {
  const off = Boolean(why) || busy;
  const button = (
    <button
      {...rest}
      type={type}
      aria-disabled={off || undefined}
      aria-busy={busy || undefined}
      onClick={event => (off ? event.preventDefault() : onClick?.(event))}
      className={cn(
        'inline-flex select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-colors duration-100',
        size === 'md' && 'h-8 px-3',
        size === 'sm' && 'h-7 px-2 text-sm',
        size === 'icon' && 'size-8',
        kinds[kind],
        off && 'cursor-not-allowed opacity-55',
        className,
      )}
    >
      {busy ? <Spinner /> : null}
      {children}
    </button>
  );
  return why ? <Tooltip text={why}>{button}</Tooltip> : button;
}

export function Spinner() {
  return (
    <span
      aria-hidden
      className="size-3.5 animate-spin rounded-full border-2 border-current border-r-transparent"
    />
  );
}
