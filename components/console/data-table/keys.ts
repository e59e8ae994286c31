import type { KeyboardEvent } from 'react';

/** j and k (and the arrows) move, Enter or o opens; Home and End jump. */
export const nextIndex = (key: string, active: number, count: number): number | null => {
  const to = {
    j: active + 1,
    ArrowDown: active + 1,
    k: active - 1,
    ArrowUp: active - 1,
    Home: 0,
    End: count - 1,
    PageDown: active + 10,
    PageUp: active - 10,
  }[key];
  return to === undefined ? null : Math.max(0, Math.min(count - 1, to));
};

export const useTableKeys =
  (count: number, active: number, move: (index: number) => void, open: (index: number) => void) =>
  (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === 'Enter' || event.key === 'o') {
      event.preventDefault();
      open(active);
      return;
    }
    const to = nextIndex(event.key, active, count);
    if (to === null) return;
    event.preventDefault();
    move(to);
  };
