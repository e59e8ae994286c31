'use client';

import { X } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import { Kbd } from '#components/ui/card.tsx';

export interface Chosen {
  count: number;
  /** null: everything that matches the filter, wherever it is. */
  ids: string[] | null;
  clear: () => void;
}

export interface BulkAction {
  id: string;
  label: string;
  kind?: 'danger' | 'plain';
  why?: string | null;
  run: (chosen: Chosen) => void;
}

/** Stands over the page while something is chosen, in reach of a thumb too. */
export function BulkBar({
  chosen,
  total,
  filtered,
  actions,
  onAll,
}: {
  chosen: Chosen;
  total: number;
  filtered: boolean;
  actions: BulkAction[];
  onAll: () => void;
}) {
  return (
    <>
      <div aria-hidden className="h-14" />
      <section
        aria-label="Chosen rows"
        className="fixed inset-x-3 bottom-3 z-30 mx-auto flex w-fit max-w-[calc(100vw-1.5rem)] flex-wrap items-center gap-2 rounded-lg border border-line-strong bg-surface p-2 pl-3.5 shadow-card"
      >
        <span role="status" className="num font-medium">
          {chosen.count.toLocaleString('en')} chosen
        </span>
        <Button size="sm" kind="quiet" onClick={chosen.clear} aria-label="Choose nothing">
          <X className="size-3.5" />
          <span className="hidden sm:inline">
            <Kbd>Esc</Kbd>
          </span>
        </Button>
        {chosen.ids !== null && chosen.count < total ? (
          <Button size="sm" kind="quiet" onClick={onAll}>
            {filtered
              ? `Choose all ${total.toLocaleString('en')} that match`
              : `Choose all ${total.toLocaleString('en')}`}
          </Button>
        ) : null}
        {actions.map(action => (
          <Button
            key={action.id}
            size="sm"
            kind={action.kind ?? 'plain'}
            why={action.why}
            onClick={() => action.run(chosen)}
          >
            {action.label}
          </Button>
        ))}
      </section>
    </>
  );
}
