'use client';

import { parseAsArrayOf, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { useMemo } from 'react';

export interface TableState {
  search: string;
  sort: string;
  dir: 'asc' | 'desc';
  facets: Record<string, string[]>;
  peek: string | null;
}

/** What a list shows is in the URL: it can be shared, reloaded, and gone back to. */
export function useTableState(defaults: { sort: string; dir?: 'asc' | 'desc' }, facetIds: readonly string[]) {
  const parsers = useMemo(
    () => ({
      q: parseAsString.withDefault(''),
      sort: parseAsString.withDefault(defaults.sort),
      dir: parseAsStringLiteral(['asc', 'desc']).withDefault(defaults.dir ?? 'asc'),
      peek: parseAsString,
      ...Object.fromEntries(facetIds.map(id => [id, parseAsArrayOf(parseAsString).withDefault([])])),
    }),
    [defaults.sort, defaults.dir, facetIds],
  );
  const [raw, setRaw] = useQueryStates(parsers, { history: 'replace', throttleMs: 100 });
  const values = raw as Record<string, unknown>;
  const state: TableState = {
    search: values.q as string,
    sort: values.sort as string,
    dir: values.dir as 'asc' | 'desc',
    peek: values.peek as string | null,
    facets: Object.fromEntries(facetIds.map(id => [id, (values[id] as string[] | null) ?? []])),
  };
  const set = (change: Partial<Omit<TableState, 'facets'>> & { facets?: Record<string, string[]> }) => {
    const { facets, search, ...rest } = change;
    return setRaw({ ...rest, ...(search === undefined ? {} : { q: search || null }), ...facets } as never);
  };
  const filtered = state.search !== '' || Object.values(state.facets).some(values => values.length > 0);
  const clear = () => set({ search: '', facets: Object.fromEntries(facetIds.map(id => [id, []])) });
  return { state, set, filtered, clear };
}
