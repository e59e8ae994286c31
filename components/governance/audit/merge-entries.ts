interface Row {
  uid: string;
}

/**
 * The newest page laid over what is shown. If the two do not touch, entries in between are missing, and the list starts
 * anew. While paused, rows that were not there yet wait: nothing jumps under the reader's eyes.
 */
export function merged<R extends Row>(
  shown: readonly R[],
  newest: readonly R[],
  pageSize: number,
  paused: boolean,
): { rows: R[]; waiting: number; restarted: boolean } {
  const known = new Set(shown.map(row => row.uid));
  const fresh = new Map(newest.map(row => [row.uid, row]));
  const unseen = newest.filter(row => !known.has(row.uid)).length;
  if (paused) return { rows: shown.map(row => fresh.get(row.uid) ?? row), waiting: unseen, restarted: false };
  if (shown.length > 0 && newest.length >= pageSize && unseen === newest.length)
    return { rows: [...newest], waiting: 0, restarted: true };
  return {
    rows: [...newest, ...shown.filter(row => !fresh.has(row.uid))],
    waiting: 0,
    restarted: false,
  };
}

export type Item<R> =
  | { kind: 'day'; id: string; day: string }
  | { kind: 'row'; id: string; row: R; position: number };

/** Rows with a heading before each day, in UTC. */
export function byDay<R extends Row & { at: string }>(rows: readonly R[]): Item<R>[] {
  return rows.flatMap((row, position): Item<R>[] => {
    const day = row.at.slice(0, 10);
    const own: Item<R> = { kind: 'row', id: row.uid, row, position };
    return rows[position - 1]?.at.slice(0, 10) === day
      ? [own]
      : [{ kind: 'day', id: `${day}-${row.uid}`, day }, own];
  });
}
