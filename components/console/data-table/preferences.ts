'use client';

import { createContext, useContext, useEffect, useState } from 'react';

export interface Preferences {
  hidden: string[];
  /** Column ids as this person put them. */
  order: string[];
  dense: boolean;
  views: { name: string; query: string }[];
}

export const untouched: Preferences = { hidden: [], order: [], dense: false, views: [] };

/** Where a signed-in person's tables are kept; without it they stay in this browser. */
export interface PreferenceStore {
  of(table: string): Preferences | undefined;
  save(table: string, value: Preferences): void;
}

export const PreferenceStoreContext = createContext<PreferenceStore | null>(null);

/** How this person likes this table. */
export function usePreferences(table: string): [Preferences, (change: Partial<Preferences>) => void] {
  const store = useContext(PreferenceStoreContext);
  const [local, setLocal] = useState(untouched);
  const key = `atom.table.${table}`;
  useEffect(() => {
    if (store) return;
    try {
      setLocal({ ...untouched, ...JSON.parse(localStorage.getItem(key) ?? '{}') });
    } catch {
      localStorage.removeItem(key);
    }
  }, [key, store]);
  const value = store ? (store.of(table) ?? untouched) : local;
  const change = (part: Partial<Preferences>) => {
    const next = { ...value, ...part };
    if (store) return store.save(table, next);
    setLocal(next);
    localStorage.setItem(key, JSON.stringify(next));
  };
  return [value, change];
}
