'use client';

import { Download, Filter, X } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import { Menu, MenuCheck, MenuItem } from '#components/ui/menu.tsx';
import type { Column, Facet } from './column.ts';
import type { Preferences } from './preferences.ts';
import { SearchBox } from './search-box.tsx';
import type { useTableState } from './state.ts';
import { ViewMenu } from './view-menu.tsx';

interface Props<Row> {
  table: ReturnType<typeof useTableState>;
  facets: Facet[];
  columns: Column<Row>[];
  preferences: [Preferences, (change: Partial<Preferences>) => void];
  exportHref?: (format: 'csv' | 'json') => string;
  placeholder: string;
}

export function Toolbar<Row>({
  table,
  facets,
  columns,
  preferences: [preferences, change],
  exportHref,
  placeholder,
}: Props<Row>) {
  const { state, set, filtered, clear } = table;
  return (
    <div className="flex flex-wrap items-center gap-2 border-b p-2">
      <SearchBox value={state.search} onChange={search => set({ search })} placeholder={placeholder} />
      {facets.map(facet => (
        <Menu
          key={facet.id}
          align="start"
          trigger={
            <Button size="sm">
              <Filter aria-hidden className="size-3.5" />
              {facet.label}
              {state.facets[facet.id]?.length ? (
                <span className="num rounded bg-accent-soft px-1 text-accent">
                  {state.facets[facet.id]?.length}
                </span>
              ) : null}
            </Button>
          }
        >
          {facet.options.map(option => (
            <MenuCheck
              key={option.value}
              checked={state.facets[facet.id]?.includes(option.value) ?? false}
              onChange={on => {
                const now = state.facets[facet.id] ?? [];
                void set({
                  facets: { [facet.id]: on ? [...now, option.value] : now.filter(v => v !== option.value) },
                });
              }}
            >
              <span className="flex-1">{option.label ?? option.value}</span>
              {option.count === undefined ? null : <span className="num text-ink-3">{option.count}</span>}
            </MenuCheck>
          ))}
        </Menu>
      ))}
      {filtered ? (
        <Button size="sm" kind="quiet" onClick={() => void clear()}>
          <X className="size-3.5" /> Clear
        </Button>
      ) : null}
      <div className="ml-auto flex gap-1">
        <ViewMenu preferences={preferences} change={change} columns={columns} />
        {exportHref ? (
          <Menu
            trigger={
              <Button size="sm" kind="quiet">
                <Download className="size-3.5" /> Export
              </Button>
            }
          >
            {(['csv', 'json'] as const).map(format => (
              <MenuItem key={format} onSelect={() => location.assign(exportHref(format))}>
                {format.toUpperCase()}, everything that matches
              </MenuItem>
            ))}
          </Menu>
        ) : null}
      </div>
    </div>
  );
}
