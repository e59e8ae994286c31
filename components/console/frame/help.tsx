'use client';

import type { ReactNode } from 'react';
import { Kbd } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import type { NavigationItem } from './navigation-item.ts';

type Line = [keys: string[], what: string];

const everywhere: Line[] = [
  [['⌘', 'K'], 'Search, go or run. Ctrl K works too'],
  [['?'], 'This overview'],
  [['/'], 'Search the list on the page'],
  [['Esc'], 'Close what is open'],
];
const lists: Line[] = [
  [['j', 'k'], 'Next and previous row; arrows, Home, End and Page keys too'],
  [['a', 'd'], 'Approve or deny the chosen request'],
  [['Enter'], 'Look at the row'],
  [['x'], 'Choose the row'],
  [['⇧', 'x'], 'Choose from the last one to this one'],
  [['⇧', '←', '→'], 'On a column’s head: move the column'],
];
const tour: Line[] = [[['←', '→'], 'Previous and next step of the tour']];

export function HelpDialog({
  open,
  onOpenChange,
  items,
  children,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  items: NavigationItem[];
  /** What else helps: the tour, the references. */
  children: ReactNode;
}) {
  const places = items
    .flatMap(item => [item, ...(item.children ?? [])])
    .flatMap((item): Line[] => (item.shortcut ? [[['g', item.shortcut], item.label]] : []));
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Help" wide>
      <div className="grid gap-5">
        <div className="flex flex-wrap gap-2">{children}</div>
        <div className="grid gap-x-8 gap-y-5 sm:grid-cols-2">
          <Lines title="Everywhere" lines={everywhere} />
          <Lines title="Go to" lines={places} />
          <Lines title="In a list" lines={lists} />
          <Lines title="In the tour" lines={tour} />
        </div>
      </div>
    </Dialog>
  );
}

function Lines({ title, lines }: { title: string; lines: Line[] }) {
  return (
    <section className="grid content-start gap-2">
      <h3 className="text-ink-2 text-sm">{title}</h3>
      <dl className="grid gap-1.5">
        {lines.map(([keys, what]) => (
          <div key={what} className="flex items-baseline gap-3">
            <dt className="flex w-20 shrink-0 gap-1">
              {keys.map(key => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd className="min-w-0">{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
