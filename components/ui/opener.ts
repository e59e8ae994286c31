import { useCallback, useLayoutEffect, useRef } from 'react';

/** Gives the focus back to what opened a dialog when it closes: by itself Radix knows only its own triggers. */
export function useOpener(open: boolean): (event: Event) => void {
  const opener = useRef<Element | null>(null);
  // Before the dialog itself stands there: its portal comes with the next commit.
  useLayoutEffect(() => {
    if (open) opener.current = document.activeElement;
  }, [open]);
  return useCallback(event => {
    event.preventDefault();
    if (opener.current instanceof HTMLElement) opener.current.focus();
  }, []);
}
