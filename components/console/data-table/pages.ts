'use client';

import { type UseQueryOptions, useQueries } from '@tanstack/react-query';
import { useCallback, useState } from 'react';

export const pageSize = 100;

interface Page<Row> {
  rows: Row[];
  total?: number | undefined;
  /** There are more than were counted. */
  atLeast?: boolean | undefined;
}

/** One page of rows as a query; the list's own hook builds it from the filter. */
export type PageQuery<Row> = (
  offset: number,
  total: boolean,
) => UseQueryOptions<Page<Row>, Error, Page<Row>, readonly unknown[]>;

/** Only the pages that are on the screen are asked for, so ten thousand rows cost as much as a hundred. */
export function usePages<Row>(page: PageQuery<Row>) {
  const [wanted, setWanted] = useState<readonly number[]>([0]);
  const numbers = wanted.includes(0) ? wanted : [0, ...wanted];
  const results = useQueries({ queries: numbers.map(n => page(n * pageSize, n === 0)) as never[] }) as {
    data?: Page<Row>;
    error: Error | null;
    isPending: boolean;
    refetch: () => Promise<unknown>;
  }[];
  const show = useCallback((from: number, to: number) => {
    const next: number[] = [];
    for (let n = Math.floor(from / pageSize); n <= Math.floor(to / pageSize); n++) next.push(n);
    setWanted(current =>
      current.length === next.length && current.every((n, i) => n === next[i]) ? current : next,
    );
  }, []);
  const first = results[0];
  const byNumber = new Map(numbers.map((n, i) => [n, results[i]?.data?.rows]));
  return {
    total: first?.data?.total ?? 0,
    atLeast: first?.data?.atLeast === true,
    loading: first?.isPending ?? true,
    error: results.find(r => r.error)?.error ?? null,
    retry: () => Promise.all(results.map(r => r.refetch())),
    row: (index: number): Row | undefined => byNumber.get(Math.floor(index / pageSize))?.[index % pageSize],
    show,
  };
}
