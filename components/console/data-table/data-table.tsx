'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { ErrorState, NoMatch } from '../states.tsx';
import type { Column, Facet } from './column.ts';
import { useTableKeys } from './keys.ts';
import { useNarrow } from './narrow.ts';
import { type PageQuery, usePages } from './pages.ts';
import { usePreferences } from './preferences.ts';
import type { useTableState } from './state.ts';
import { Toolbar } from './toolbar.tsx';

interface Props<Row> {
  id: string;
  label: string;
  columns: Column<Row>[];
  facets?: Facet[];
  table: ReturnType<typeof useTableState>;
  page: PageQuery<Row>;
  rowId: (row: Row) => string;
  empty: ReactNode;
  searchPlaceholder: string;
  exportHref?: (format: 'csv' | 'json') => string;
}

const visibleRows = 12;

/** Server-side everything: the browser holds what is on the screen and a little more. */
export function DataTable<Row>({
  id,
  label,
  columns,
  facets = [],
  table,
  page,
  rowId,
  empty,
  searchPlaceholder,
  exportHref,
}: Props<Row>) {
  const preferences = usePreferences(id);
  const { state, set, filtered, clear } = table;
  const pages = usePages(page);
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const height = preferences[0].dense ? 30 : 38;
  const narrow = useNarrow();
  const shown = columns.filter(
    column => !preferences[0].hidden.includes(column.id) && !(narrow && column.wide),
  );
  const virtual = useVirtualizer({
    count: pages.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const [from, to] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  const { show } = pages;
  useEffect(() => show(from, to), [from, to, show]);
  useEffect(() => virtual.measure(), [virtual]);
  const open = (index: number) => {
    const row = pages.row(index);
    if (row) void set({ peek: rowId(row) });
  };
  const keys = useTableKeys(
    pages.total,
    active,
    index => {
      setActive(index);
      virtual.scrollToIndex(index);
    },
    open,
  );
  const grid = { gridTemplateColumns: shown.map(column => `minmax(0, ${column.width}fr)`).join(' ') };

  return (
    <div className="overflow-hidden rounded-lg border bg-surface shadow-card">
      <Toolbar
        table={table}
        facets={facets}
        columns={columns}
        preferences={preferences}
        placeholder={searchPlaceholder}
        {...(exportHref ? { exportHref } : {})}
      />
      {pages.error && pages.total === 0 ? (
        <ErrorState
          title="The list could not be read"
          action={<Button onClick={() => void pages.retry()}>Try again</Button>}
        >
          {pages.error.message}
        </ErrorState>
      ) : !pages.loading && pages.total === 0 ? (
        filtered ? (
          <NoMatch
            title="Nothing matches"
            action={<Button onClick={() => void clear()}>Clear the filter</Button>}
          >
            No row fits the search and the filters above.
          </NoMatch>
        ) : (
          empty
        )
      ) : (
        // Virtual rows cannot be a <table>; the roles say what they are.
        <div role="table" aria-label={label} aria-rowcount={pages.total} aria-busy={pages.loading}>
          <div role="rowgroup">
            <Header
              columns={shown}
              sort={state.sort}
              dir={state.dir}
              grid={grid}
              onSort={(sort, dir) => void set({ sort, dir })}
            />
          </div>
          <div
            ref={scroller}
            role="rowgroup"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
            tabIndex={0}
            aria-label={`${label}: j and k move, Enter opens`}
            onKeyDown={keys}
            className="overflow-auto outline-offset-[-2px]"
            style={{
              maxHeight: 'calc(100vh - 20rem)',
              minHeight: Math.min(Math.max(pages.total, 3), visibleRows) * height,
            }}
          >
            <div
              className="relative"
              style={{ height: pages.loading ? visibleRows * height : virtual.getTotalSize() }}
            >
              {pages.loading
                ? Array.from({ length: visibleRows }, (_, i) => (
                    <SkeletonRow key={`s${i}`} columns={shown} grid={grid} top={i * height} height={height} />
                  ))
                : items.map(item => {
                    const row = pages.row(item.index);
                    if (!row)
                      return (
                        <SkeletonRow
                          key={item.key}
                          columns={shown}
                          grid={grid}
                          top={item.start}
                          height={height}
                        />
                      );
                    return (
                      // biome-ignore lint/a11y/useKeyWithClickEvents: the scrolling region handles the keys for all rows.
                      <div
                        key={item.key}
                        role="row"
                        aria-rowindex={item.index + 1}
                        aria-selected={state.peek === rowId(row)}
                        onClick={() => {
                          setActive(item.index);
                          open(item.index);
                        }}
                        className={cn(
                          'absolute inset-x-0 grid cursor-pointer items-center gap-3 border-b px-3.5 hover:bg-sunken',
                          item.index === active && 'bg-sunken',
                          state.peek === rowId(row) && 'bg-accent-soft',
                        )}
                        style={{ ...grid, height, transform: `translateY(${item.start}px)` }}
                      >
                        {shown.map(column => (
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
                  })}
            </div>
          </div>
        </div>
      )}
      <p aria-live="polite" className="num border-t px-3.5 py-1.5 text-ink-3 text-sm">
        {pages.loading
          ? 'Reading …'
          : `${pages.total.toLocaleString('en')} ${pages.total === 1 ? 'row' : 'rows'}${filtered ? ' match' : ''}`}
      </p>
    </div>
  );
}

function Header<Row>({
  columns,
  sort,
  dir,
  grid,
  onSort,
}: {
  columns: Column<Row>[];
  sort: string;
  dir: 'asc' | 'desc';
  grid: { gridTemplateColumns: string };
  onSort: (sort: string, dir: 'asc' | 'desc') => void;
}) {
  return (
    <div role="row" className="grid gap-3 border-b bg-surface px-3.5 text-ink-2 text-sm" style={grid}>
      {columns.map(column => {
        const by = column.sort;
        const on = by !== undefined && by === sort;
        return (
          <div
            key={column.id}
            role="columnheader"
            aria-sort={on ? (dir === 'asc' ? 'ascending' : 'descending') : undefined}
            className={cn('truncate py-2', column.align === 'end' && 'text-right')}
          >
            {by ? (
              <button
                type="button"
                className="inline-flex items-center gap-1 hover:text-ink"
                onClick={() => onSort(by, on && dir === 'asc' ? 'desc' : 'asc')}
              >
                {column.label}
                {on ? (
                  dir === 'asc' ? (
                    <ArrowUp className="size-3" />
                  ) : (
                    <ArrowDown className="size-3" />
                  )
                ) : null}
              </button>
            ) : (
              column.label
            )}
          </div>
        );
      })}
    </div>
  );
}

function SkeletonRow<Row>({
  columns,
  grid,
  top,
  height,
}: {
  columns: Column<Row>[];
  grid: { gridTemplateColumns: string };
  top: number;
  height: number;
}) {
  return (
    <div
      aria-hidden
      className="absolute inset-x-0 grid items-center gap-3 border-b px-3.5"
      style={{ ...grid, height, transform: `translateY(${top}px)` }}
    >
      {columns.map(column => (
        <Skeleton key={column.id} className={cn('h-3 w-3/4')} />
      ))}
    </div>
  );
}
