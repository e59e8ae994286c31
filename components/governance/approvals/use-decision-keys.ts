'use client';

import { useEffect, useRef } from 'react';

interface Keys {
  onMove?: (by: 1 | -1) => void;
  onApprove: () => void;
  onDeny: () => void;
  onOpen?: () => void;
}

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest('input, textarea, select, [role=dialog]') !== null;

/** `j` `k` choose, `a` approves, `d` denies, Enter opens; never while somebody types or a dialog is open. */
export function useDecisionKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    let went = Number.NEGATIVE_INFINITY; // time stamps count from the opening of the page
    const onKey = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
      // `g a` and its like go to a page and decide nothing.
      if (event.key === 'g') {
        went = event.timeStamp;
        return;
      }
      if (event.timeStamp - went < 1500) {
        went = Number.NEGATIVE_INFINITY;
        return;
      }
      const { onMove, onApprove, onDeny, onOpen } = latest.current;
      const act: Record<string, (() => void) | undefined> = {
        j: onMove && (() => onMove(1)),
        k: onMove && (() => onMove(-1)),
        a: onApprove,
        d: onDeny,
        ...(event.target instanceof HTMLElement && event.target.closest('a, button')
          ? {}
          : { Enter: onOpen }),
      };
      const todo = act[event.key];
      if (!todo) return;
      event.preventDefault();
      todo();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
