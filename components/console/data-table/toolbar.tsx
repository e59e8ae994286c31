'use client';

import { Download, Filter, Search, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Input } from '#components/ui/input.tsx';
import { Menu, MenuCheck, MenuItem } from '#components/ui/menu.tsx';
import type { Column, Facet } from './column.ts';
import type { Preferences } from './preferences.ts';
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

function SearchBox({
  value,
  onChange,
  placeholder,
}: {
  value: string;
  onChange: (text: string) => void;
  placeholder: string;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), 150);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <div className="relative w-full sm:w-64">
      <Search aria-hidden className="absolute top-2 left-2.5 size-3.5 text-ink-3" />
      <Input
        data-table-search
        value={text}
        onChange={event => setText(event.target.value)}
        placeholder={placeholder}
        aria-label={placeholder}
        className="h-7 pl-8"
      />
    </div>
  );
}
