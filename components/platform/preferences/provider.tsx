'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react';
import { PreferenceStoreContext } from '#components/console/data-table/preferences.ts';
import { toast } from '#components/ui/toast.ts';
import type { Preferences, TourProgress } from '#server/platform/preferences/schema.ts';
import { messageOf } from '../live/problem.ts';
import { useTRPC, useTRPCClient } from '../live/trpc.ts';

interface Tour {
  progress: TourProgress;
  save: (progress: TourProgress) => void;
}

const TourContext = createContext<Tour | null>(null);

export function useTour(): Tour {
  const tour = useContext(TourContext);
  if (!tour) throw new Error('The tour belongs to a signed-in person.');
  return tour;
}

const settleMs = 400;

/** A person's own likings, on the screen at once and on the server a moment later. */
export function PreferencesProvider({ initial, children }: { initial: Preferences; children: ReactNode }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const options = trpc.preferences.mine.queryOptions();
  const { data } = useQuery({ ...options, initialData: initial });
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  // One after the other: the last one said is the one that stays.
  const sending = useRef<Promise<unknown>>(Promise.resolve());
  // What was said here stands until the server has heard it: an answer that was asked for before would set it back.
  const [said, setSaid] = useState<TourProgress | null>(null);
  const unsaid = useRef(0);
  const tourSave = useCallback(
    (progress: TourProgress) => {
      setSaid(progress);
      unsaid.current += 1;
      const sent = sending.current.then(() => client.preferences.saveTour.mutate(progress));
      // The next one waits for this answer alone: whoever leaves the page right after a click has said it all the same.
      sending.current = sent.catch(error => toast.error(messageOf(error)));
      void sending.current.then(async () => {
        unsaid.current -= 1;
        if (unsaid.current > 0) return;
        await queries.invalidateQueries({ queryKey: trpc.preferences.mine.queryKey() });
        if (unsaid.current === 0) setSaid(null);
      });
    },
    [client, queries, trpc],
  );
  const store = useMemo(
    () => ({
      of: (table: string) => data.tables[table],
      save: (table: string, value: Preferences['tables'][string]) => {
        void queries.cancelQueries({ queryKey: options.queryKey });
        queries.setQueryData<Preferences>(
          options.queryKey as never,
          (current: Preferences | undefined) =>
            current && { ...current, tables: { ...current.tables, [table]: value } },
        );
        // Several changes in a row are one.
        clearTimeout(timers.current.get(table));
        timers.current.set(
          table,
          setTimeout(() => {
            timers.current.delete(table);
            client.preferences.saveTable.mutate({ table, value }).catch(error => {
              toast.error(`How the table looks could not be kept. ${messageOf(error)}`);
            });
          }, settleMs),
        );
      },
    }),
    [data.tables, queries, client, options.queryKey],
  );
  const progress = said ?? data.tour;
  const tourValue = useMemo(() => ({ progress, save: tourSave }), [progress, tourSave]);
  return (
    <PreferenceStoreContext.Provider value={store}>
      <TourContext.Provider value={tourValue}>{children}</TourContext.Provider>
    </PreferenceStoreContext.Provider>
  );
}
