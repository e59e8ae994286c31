'use client';

import { useEffect, useState } from 'react';

/** What is chosen: rows one by one, or everything that matches the filter, counted by the server. */
export interface Selection {
  ids: ReadonlySet<string>;
  all: boolean;
}

export const nothing: Selection = { ids: new Set(), all: false };

export const isChosen = (selection: Selection, id: string) => selection.all || selection.ids.has(id);
export const chosenCount = (selection: Selection, total: number) =>
  selection.all ? total : selection.ids.size;

/** From "everything" one steps back to the rows on the page, without the one that was unticked. */
export function toggled(selection: Selection, id: string, page: readonly string[]): Selection {
  const ids = new Set(selection.all ? page : selection.ids);
  if (ids.has(id)) ids.delete(id);
  else ids.add(id);
  return { ids, all: false };
}

/** Shift with a click or a key chooses everything between the last row that was ticked and this one. */
export const ranged = (selection: Selection, ids: readonly string[]): Selection => ({
  ids: new Set([...selection.ids, ...ids]),
  all: false,
});

/** A choice belongs to what was on the screen when it was made: another filter means another choice. */
export function useSelection(filter: string) {
  const [selection, setSelection] = useState(nothing);
  const [anchor, setAnchor] = useState<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the filter is what the choice belongs to.
  useEffect(() => {
    setSelection(nothing);
    setAnchor(null);
  }, [filter]);
  return { selection, setSelection, anchor, setAnchor };
}
