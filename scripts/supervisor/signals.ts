/** One Ctrl-C arrives up to three times: from the terminal, from npm and from the script that started us. */
const sameMs = 1000;

/** Tells the first wish to stop from a second, impatient one. */
export function wishes(first: () => void, again: () => void, now: () => number): () => void {
  let since: number | null = null;
  return () => {
    const at = now();
    if (since === null) {
      since = at;
      first();
    } else if (at - since > sameMs) again();
  };
}

/** `first` may be called more than once. */
export function onStop(first: () => void, again: () => void): void {
  const wish = wishes(first, again, () => performance.now());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, wish);
  // A reader that went away (`npm start | head`) must not take the supervisor with it and leave the rest running.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', first);
}
