'use client';

/** What this browser saw of a ledger before: its keys at the first visit, and the newest tree head it verified. */
interface Remembered {
  keys: string[];
  since: string;
  head?: { size: number; root: string; at: string };
}

const place = (origin: string) => `atom.ledger.${origin}`;

export function remembered(origin: string): Remembered | null {
  try {
    const found = JSON.parse(localStorage.getItem(place(origin)) ?? 'null') as Remembered | null;
    return found && Array.isArray(found.keys) ? found : null;
  } catch {
    return null;
  }
}

function keep(origin: string, what: Remembered): void {
  try {
    localStorage.setItem(place(origin), JSON.stringify(what));
  } catch {
    // A browser that keeps nothing pins nothing; the panel then says that the keys were seen for the first time.
  }
}

/** The keys to hold the ledger to: those of the first visit, or, at the first visit, these. */
export function pinnedKeys(origin: string, keys: string[]): { keys: string[]; since: string | null } {
  const known = remembered(origin);
  if (known) return known;
  keep(origin, { keys, since: new Date().toISOString() });
  return { keys, since: null };
}

export const acceptKeys = (origin: string, keys: string[]): void =>
  keep(origin, { ...remembered(origin), keys, since: new Date().toISOString() });

export function rememberHead(origin: string, head: { size: number; root: string }): void {
  const known = remembered(origin);
  if (known && (known.head?.size ?? 0) < head.size)
    keep(origin, { ...known, head: { ...head, at: new Date().toISOString() } });
}

export const originOf = (keys: readonly string[]): string => keys[0]?.split('+')[0] ?? '';
