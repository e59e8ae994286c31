'use client';

import { Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import type { Column } from './column.ts';

interface Place {
  template: string;
  top: number;
  height: number;
}

export function SkeletonRow<Row>({
  columns,
  choosing,
  place,
}: {
  columns: Column<Row>[];
  choosing: boolean;
  place: Place;
}) {
  return (
    <div
      aria-hidden
      className="absolute inset-x-0 grid items-center gap-3 border-b px-3.5"
      style={{
        gridTemplateColumns: place.template,
        height: place.height,
        transform: `translateY(${place.top}px)`,
      }}
    >
      {choosing ? <Skeleton className="size-4" /> : null}
      {columns.map(column => (
        <Skeleton key={column.id} className="h-3.5 w-3/4" />
      ))}
    </div>
  );
}

export function TableRow<Row>({
  row,
  index,
  columns,
  place,
  active,
  peeked,
  choose,
  onOpen,
}: {
  row: Row;
  index: number;
  columns: Column<Row>[];
  place: Place;
  active: boolean;
  peeked: boolean;
  choose: { label: string; on: boolean; toggle: (range: boolean) => void } | null;
  onOpen: () => void;
}) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the scrolling region handles the keys for all rows.
    <div
      role="row"
      aria-rowindex={index + 1}
      aria-selected={choose ? choose.on : peeked}
      onClick={onOpen}
      className={cn(
        'absolute inset-x-0 grid cursor-pointer items-center gap-3 border-b px-3.5 hover:bg-sunken',
        active && 'bg-sunken shadow-[inset_2px_0_0_var(--accent)]',
        (peeked || choose?.on) && 'bg-accent-soft hover:bg-accent-soft',
      )}
      style={{
        gridTemplateColumns: place.template,
        height: place.height,
        transform: `translateY(${place.top}px)`,
      }}
    >
      {choose ? (
        // biome-ignore lint/a11y/useKeyWithClickEvents: x chooses the row; the box itself takes the space key.
        <div
          role="cell"
          aria-label="Choose"
          className="-my-1 flex items-center py-1"
          onClick={event => event.stopPropagation()}
        >
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={`Choose ${choose.label}`}
            className="size-4 accent-[var(--accent)]"
            checked={choose.on}
            onChange={() => {}}
            onClick={event => choose.toggle(event.shiftKey)}
          />
        </div>
      ) : null}
      {columns.map(column => (
        <div
          key={column.id}
          role="cell"
          className={cn('truncate', column.align === 'end' && 'num text-right')}
        >
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
}
