'use client';

import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import type { AuditEntry, EntryFilter } from '#server/governance/audit/schema.ts';
import { merged } from './merge-entries.ts';

const pageSize = 100;

interface Loaded {
  key: string;
  rows: AuditEntry[];
  next: string | null;
  searchedBackTo: string | null;
}

/** The newest page follows the ledger; older pages are added below. While paused, new rows wait and are counted. */
export function useEntries(filter: Partial<EntryFilter>, paused: boolean) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const key = JSON.stringify(filter);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [waiting, setWaiting] = useState(0);
  const [loading, setLoading] = useState(false);
  const current = useRef(key);
  current.current = key;
  const newest = useQuery({
    ...trpc.audits.list.queryOptions({ ...filter, limit: pageSize }),
    refetchInterval: query => (query.state.data?.rows.some(row => row.index === null) ? 1000 : 5000),
  });
  const { data } = newest;
  useEffect(() => {
    if (!data) return;
    setLoaded(before => {
      if (before?.key !== key) return { key, ...data };
      const next = merged(before.rows, data.rows, pageSize, paused);
      setWaiting(next.waiting);
      return next.restarted ? { key, ...data } : { ...before, rows: next.rows };
    });
  }, [data, key, paused]);
  const shown = loaded?.key === key ? loaded : null;
  const before = shown?.next ?? null;
  const loadOlder = useCallback(async () => {
    if (before === null || loading) return;
    setLoading(true);
    try {
      const page = await client.audits.list.query({ ...filter, before, limit: pageSize });
      setLoaded(now =>
        now && now.key === current.current && now.next === before
          ? {
              ...now,
              rows: [...now.rows, ...page.rows],
              next: page.next,
              searchedBackTo: page.searchedBackTo,
            }
          : now,
      );
    } finally {
      setLoading(false);
    }
  }, [before, client, filter, loading]);
  return {
    rows: shown?.rows ?? null,
    more: before !== null,
    searchedBackTo: shown?.searchedBackTo ?? null,
    waiting: paused ? waiting : 0,
    loading,
    loadOlder,
    error: newest.error,
    retry: newest.refetch,
  };
}
