'use client';

import { useEffect, useState } from 'react';

export interface Preferences {
  hidden: string[];
  dense: boolean;
  views: { name: string; query: string }[];
}

const none: Preferences = { hidden: [], dense: false, views: [] };

/** How this person likes this table, kept in this browser. */
export function usePreferences(table: string): [Preferences, (change: Partial<Preferences>) => void] {
  const key = `atom.table.${table}`;
  const [value, setValue] = useState(none);
  useEffect(() => {
    try {
      setValue({ ...none, ...JSON.parse(localStorage.getItem(key) ?? '{}') });
    } catch {
      localStorage.removeItem(key);
    }
  }, [key]);
  const change = (part: Partial<Preferences>) => {
    const next = { ...value, ...part };
    setValue(next);
    localStorage.setItem(key, JSON.stringify(next));
  };
  return [value, change];
}
