'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTRPCClient } from './trpc.ts';

/**
 * The browser's one stream. A hint names the system that changed; the queries of that system are asked again with this
 * person's own permissions. After a gap everything is.
 */
export function useLive(enabled: boolean): number | null {
  const client = useTRPCClient();
  const queries = useQueryClient();
  const [heardAt, setHeardAt] = useState<number | null>(null);
  useEffect(() => {
    if (!enabled) return;
    const changed = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const flush = () => {
      timer = null;
      const topics = [...changed];
      changed.clear();
      void queries.invalidateQueries({
        predicate: query =>
          topics.includes('*') ||
          topics.includes(String((query.queryKey[0] as readonly string[] | undefined)?.[0])),
      });
    };
    const subscription = client.live.events.subscribe(undefined, {
      onStarted: () => setHeardAt(Date.now()),
      onData: ({ data }) => {
        setHeardAt(Date.now());
        if (data.topic === 'live') return;
        changed.add(data.topic);
        changed.add('audits'); // whatever changed was written into the ledger with it
        timer ??= setTimeout(flush, 50); // a burst of hints is one refetch
      },
      onConnectionStateChange: state => state.state === 'pending' && setHeardAt(Date.now()),
    });
    return () => {
      subscription.unsubscribe();
      if (timer) clearTimeout(timer);
    };
  }, [client, queries, enabled]);
  return heardAt;
}
