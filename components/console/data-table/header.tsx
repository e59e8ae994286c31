'use client';

import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { cn } from '#components/ui/cn.ts';
import type { Column } from './column.ts';

interface Props<Row> {
  columns: Column<Row>[];
  sort: string;
  dir: 'asc' | 'desc';
  template: string;
  onSort: (sort: string, dir: 'asc' | 'desc') => void;
  /** The column goes to stand where another shown column stands. */
  onMove: (id: string, target: string) => void;
  /** What a screen reader is told of it; said outside the table, whose rows hold cells only. */
  onSay: (text: string) => void;
  /** Ticks everything on the page; null where nothing can be chosen. */
  choose: { checked: boolean; mixed: boolean; onChange: (on: boolean) => void } | null;
}

/** So far a press is a click that sorts; further, it takes the column along. */
const dragFrom = 5;

interface Drag {
  id: string;
  pointer: number;
  from: number;
  began: boolean;
  target: string | null;
}

export function Header<Row>({ columns, sort, dir, template, onSort, onMove, onSay, choose }: Props<Row>) {
  const row = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const [follow, setFollow] = useState<string | null>(null);
  const cellOf = (id: string) => row.current?.querySelector<HTMLElement>(`[data-column="${CSS.escape(id)}"]`);
  // A moved element loses the focus: it is given back, so that one can press on.
  useEffect(() => {
    if (follow === null) return;
    cellOf(follow)?.querySelector('button')?.focus();
    setFollow(null);
  });
  const move = (id: string, target: string) => {
    const at = columns.findIndex(c => c.id === target);
    const label = columns.find(c => c.id === id)?.label ?? id;
    onSay(`${label} is now column ${at + 1} of ${columns.length}.`);
    onMove(id, target);
  };
  const onKey = (event: KeyboardEvent, at: number) => {
    if (!event.shiftKey || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return;
    event.preventDefault();
    const [column, target] = [columns[at], columns[at + (event.key === 'ArrowLeft' ? -1 : 1)]];
    if (!column || !target) return;
    move(column.id, target.id);
    setFollow(column.id);
  };
  const over = (x: number): string | null =>
    columns.find(column => {
      const box = cellOf(column.id)?.getBoundingClientRect();
      return box !== undefined && x >= box.left && x <= box.right;
    })?.id ?? null;
  const onDown = (event: PointerEvent, id: string) => {
    if (event.button !== 0) return;
    setDrag({ id, pointer: event.pointerId, from: event.clientX, began: false, target: null });
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (drag === null || event.pointerId !== drag.pointer) return;
    const began = drag.began || Math.abs(event.clientX - drag.from) > dragFrom;
    if (!began) return;
    if (!drag.began) event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ ...drag, began, target: over(event.clientX) });
  };
  const onUp = () => {
    if (drag?.began && drag.target !== null && drag.target !== drag.id) move(drag.id, drag.target);
    setDrag(null);
  };
  const index = (id: string | null) => columns.findIndex(c => c.id === id);
  return (
    <div
      ref={row}
      role="row"
      className="grid gap-3 border-b bg-surface px-3.5 text-ink-2 text-sm"
      style={{ gridTemplateColumns: template }}
    >
      {choose ? (
        <div role="columnheader" className="flex items-center">
          <input
            type="checkbox"
            aria-label="Choose the page"
            className="size-4 accent-[var(--accent)]"
            checked={choose.checked}
            ref={box => {
              if (box) box.indeterminate = choose.mixed;
            }}
            onChange={event => choose.onChange(event.target.checked)}
          />
        </div>
      ) : null}
      {columns.map((column, at) => {
        const by = column.sort;
        const on = by !== undefined && by === sort;
        const isTarget = drag?.began && drag.target === column.id && drag.target !== drag.id;
        return (
          <div
            key={column.id}
            role="columnheader"
            data-column={column.id}
            aria-sort={on ? (dir === 'asc' ? 'ascending' : 'descending') : undefined}
            onPointerDown={event => onDown(event, column.id)}
            onPointerMove={onPointerMove}
            onPointerUp={onUp}
            onPointerCancel={() => setDrag(null)}
            className={cn(
              'relative min-w-0 touch-pan-y select-none',
              column.align === 'end' && 'text-right',
              drag?.began && 'cursor-grabbing',
              drag?.began && drag.id === column.id && 'opacity-50',
            )}
          >
            {isTarget ? (
              <span
                aria-hidden
                className={cn(
                  'absolute inset-y-1 w-0.5 rounded bg-accent',
                  index(drag.id) < at ? '-right-2' : '-left-2',
                )}
              />
            ) : null}
            <button
              type="button"
              aria-keyshortcuts="Shift+ArrowLeft Shift+ArrowRight"
              title={`${by ? 'Sort. ' : ''}Drag, or Shift with an arrow, to move the column.`}
              className="inline-flex max-w-full items-center gap-1 py-2 outline-offset-0 hover:text-ink"
              onKeyDown={event => onKey(event, at)}
              onClick={() => by && onSort(by, on && dir === 'asc' ? 'desc' : 'asc')}
            >
              <span className={cn('truncate', on && 'font-medium text-ink')}>{column.label}</span>
              {on ? (
                dir === 'asc' ? (
                  <ArrowUp aria-hidden className="size-3 shrink-0" />
                ) : (
                  <ArrowDown aria-hidden className="size-3 shrink-0" />
                )
              ) : null}
            </button>
          </div>
        );
      })}
    </div>
  );
}
