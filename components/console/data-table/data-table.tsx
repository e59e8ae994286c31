'use client';

import { type KeyboardEvent, type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ErrorState, NoMatch } from '../states.tsx';
import { type BulkAction, BulkBar, type Chosen } from './bulk-bar.tsx';
import type { Column, Facet } from './column.ts';
import { Header } from './header.tsx';
import { useTableKeys } from './keys.ts';
import { useNarrow } from './narrow.ts';
import { moved, ordered } from './order.ts';
import { type PageQuery, usePages } from './pages.ts';
import { usePreferences } from './preferences.ts';
import { SkeletonRow, TableRow } from './row.tsx';
import { Rows, reveal } from './rows.tsx';
import { chosenCount, isChosen, nothing, ranged, toggled, useSelection } from './selection.ts';
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
  /** How a row is called where it is ticked; without it, by its id. */
  rowLabel?: (row: Row) => string;
  empty: ReactNode;
  searchPlaceholder: string;
  exportHref?: (format: 'csv' | 'json') => string;
  /** What can be done with several rows; without it nothing can be chosen. */
  bulk?: BulkAction[];
  /** What else narrows the list, so that a choice ends when it changes. */
  narrowedBy?: string;
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
  rowLabel = rowId,
  empty,
  searchPlaceholder,
  exportHref,
  bulk = [],
  narrowedBy = '',
}: Props<Row>) {
  const [preferences, change] = usePreferences(id);
  const { state, set, filtered, clear } = table;
  const pages = usePages(page);
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const [said, setSaid] = useState('');
  const height = preferences.dense ? 30 : 38;
  const narrow = useNarrow();
  const inOrder = useMemo(() => ordered(columns, preferences.order), [columns, preferences.order]);
  const shown = inOrder.filter(column => !preferences.hidden.includes(column.id) && !(narrow && column.wide));
  const choosing = bulk.length > 0;
  const { selection, setSelection, anchor, setAnchor } = useSelection(
    JSON.stringify([state.search, state.facets, narrowedBy]),
  );
  const [[from, to], setRange] = useState<readonly [number, number]>([0, 0]);
  const { show } = pages;
  const drawn = useCallback(
    (first: number, last: number) => {
      setRange(current => (current[0] === first && current[1] === last ? current : [first, last]));
      show(first, last);
    },
    [show],
  );
  const open = (index: number) => {
    const row = pages.row(index);
    if (row) void set({ peek: rowId(row) });
  };
  const idsBetween = (a: number, b: number) => {
    const ids: string[] = [];
    for (let i = Math.min(a, b); i <= Math.max(a, b); i++) {
      const row = pages.row(i);
      if (row) ids.push(rowId(row));
    }
    return ids;
  };
  // The page is what is loaded around the screen: what one can see and check before it is changed.
  const pageIds = () => idsBetween(from, Math.max(from, to));
  const toggle = (index: number, range: boolean) => {
    const row = pages.row(index);
    if (!row) return;
    setSelection(current =>
      range && anchor !== null
        ? ranged(current, idsBetween(anchor, index))
        : toggled(current, rowId(row), pageIds()),
    );
    setAnchor(index);
  };
  const move = (index: number) => {
    setActive(index);
    reveal(scroller.current, index, height);
  };
  const moveKeys = useTableKeys(pages.total, active, move, open);
  const onKeyDown = (event: KeyboardEvent) => {
    if (choosing && event.key === 'x' && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      toggle(active, false);
    } else if (choosing && event.key === 'X') {
      event.preventDefault();
      toggle(active, true);
    } else if (event.key === 'Escape' && chosenCount(selection, pages.total) > 0) {
      event.preventDefault();
      setSelection(nothing);
    } else moveKeys(event);
  };
  const count = chosenCount(selection, pages.total);
  const chosen: Chosen = {
    count,
    ids: selection.all ? null : [...selection.ids],
    clear: () => {
      setSelection(nothing);
      scroller.current?.focus();
    },
  };
  const template = [
    ...(choosing ? ['1rem'] : []),
    ...shown.map(column => `minmax(${column.least ?? 0}rem, ${column.width}fr)`),
  ].join(' ');
  const place = (top: number) => ({ template, top, height });
  const skeletons = Array.from({ length: visibleRows }, (_, i) => (
    <SkeletonRow key={`s${i}`} columns={shown} choosing={choosing} place={place(i * height)} />
  ));
  const keyHint = choosing ? 'j and k move, Enter opens, x chooses' : 'j and k move, Enter opens';

  return (
    <div className="min-w-0">
      <div className="overflow-hidden rounded-lg border bg-surface shadow-card">
        <Toolbar
          table={table}
          facets={facets}
          columns={inOrder}
          preferences={[preferences, change]}
          placeholder={searchPlaceholder}
          {...(exportHref ? { exportHref } : {})}
        />
        <span role="status" className="sr-only">
          {said}
        </span>
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
                template={template}
                onSort={(sort, dir) => void set({ sort, dir })}
                onMove={(column, target) => {
                  const ids = inOrder.map(c => c.id);
                  change({ order: moved(ids, column, ids.indexOf(target)) });
                }}
                onSay={setSaid}
                choose={
                  choosing
                    ? {
                        checked: count > 0 && (selection.all || pageIds().every(i => selection.ids.has(i))),
                        mixed: !selection.all && count > 0,
                        onChange: on => setSelection(on ? ranged(nothing, idsBetween(0, 99)) : nothing),
                      }
                    : null
                }
              />
            </div>
            <div
              ref={scroller}
              role="rowgroup"
              // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
              tabIndex={0}
              aria-label={`${label}: ${keyHint}`}
              onKeyDown={onKeyDown}
              className="overflow-auto outline-offset-[-2px]"
              style={{
                maxHeight: 'calc(100vh - 20rem)',
                minHeight: Math.min(Math.max(pages.total, 3), visibleRows) * height,
              }}
            >
              <div
                className="relative"
                style={{ height: (pages.loading ? visibleRows : pages.total) * height }}
              >
                {pages.loading ? (
                  skeletons
                ) : (
                  <Rows
                    count={pages.total}
                    height={height}
                    scroller={scroller}
                    onRange={drawn}
                    waiting={skeletons}
                  >
                    {(index, top) => {
                      const row = pages.row(index);
                      if (!row) return <SkeletonRow columns={shown} choosing={choosing} place={place(top)} />;
                      const rid = rowId(row);
                      return (
                        <TableRow
                          row={row}
                          index={index}
                          columns={shown}
                          place={place(top)}
                          active={index === active}
                          peeked={state.peek === rid}
                          choose={
                            choosing
                              ? {
                                  label: rowLabel(row),
                                  on: isChosen(selection, rid),
                                  toggle: range => toggle(index, range),
                                }
                              : null
                          }
                          onOpen={() => {
                            setActive(index);
                            open(index);
                          }}
                        />
                      );
                    }}
                  </Rows>
                )}
              </div>
            </div>
          </div>
        )}
        <p aria-live="polite" className="num border-t px-3.5 py-1.5 text-ink-3 text-sm">
          {pages.loading
            ? 'Reading …'
            : `${pages.atLeast ? 'more than ' : ''}${pages.total.toLocaleString('en')} ${pages.total === 1 ? 'row' : 'rows'}${filtered ? ' match' : ''}`}
        </p>
      </div>
      {choosing && count > 0 ? (
        <BulkBar
          chosen={chosen}
          total={pages.total}
          filtered={filtered || narrowedBy !== ''}
          actions={bulk}
          onAll={() => setSelection({ ids: new Set(), all: true })}
        />
      ) : null}
    </div>
  );
}
