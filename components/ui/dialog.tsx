'use client';

import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { cn } from './cn.ts';
import { useOpener } from './opener.ts';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  wide?: boolean;
  /** Only what stands in it closes it: for what is shown once. */
  held?: boolean;
}

/** Where something is to be filled in, that comes first: not what can only be read or scrolled above it. */
const fields = 'input:not([type=checkbox], [type=radio]):enabled, select:enabled, textarea:enabled';
const fieldFirst = (event: Event): void => {
  const field = (event.currentTarget as HTMLElement | null)?.querySelector<HTMLElement>(fields);
  if (!field) return;
  event.preventDefault();
  field.focus();
};

const overlay = 'fixed inset-0 z-40 bg-overlay';
const close = (
  <Radix.Close
    aria-label="Close"
    className="absolute top-3 right-3 rounded p-1 text-ink-3 hover:bg-sunken hover:text-ink"
  >
    <X className="size-4" />
  </Radix.Close>
);

function Heading({ title, description }: Pick<Props, 'title' | 'description'>) {
  return (
    <>
      <Radix.Title className="pr-8 font-semibold text-lg">{title}</Radix.Title>
      <Radix.Description className={cn('mt-1 text-ink-2', !description && 'sr-only')}>
        {description ?? title}
      </Radix.Description>
    </>
  );
}

export function Dialog({ open, onOpenChange, title, description, children, wide, held }: Props) {
  const giveBack = useOpener(open);
  return (
    <Radix.Root open={open} onOpenChange={wanted => !held && onOpenChange(wanted)}>
      <Radix.Portal>
        <Radix.Overlay className={overlay} />
        <Radix.Content
          onOpenAutoFocus={fieldFirst}
          onCloseAutoFocus={giveBack}
          className={cn(
            'fixed inset-x-3 top-[8vh] z-50 mx-auto max-h-[84vh] overflow-auto rounded-lg border bg-surface p-5 shadow-card',
            wide ? 'max-w-2xl' : 'max-w-md',
          )}
        >
          <Heading title={title} description={description} />
          <div className="mt-4">{children}</div>
          {held ? null : close}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Slides in from the side, over the list it belongs to. */
export function Drawer({ open, onOpenChange, title, description, children }: Props) {
  const giveBack = useOpener(open);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={overlay} />
        <Radix.Content
          onCloseAutoFocus={giveBack}
          className="fixed inset-y-0 right-0 z-50 w-full max-w-lg overflow-auto border-l bg-surface p-5 shadow-card"
        >
          <Heading title={title} description={description} />
          <div className="mt-4">{children}</div>
          {close}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
